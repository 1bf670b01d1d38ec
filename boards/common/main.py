"""main.py of every board: runs what /lilong says."""

import gc
import sys

gc.threshold(8_192)  # (ours) else what is loaded for once leaves holes that are too small for a connection over TLS
sys.path.insert(0, "/lilong")

if __import__("lilong_boot").mounted():
    try:
        try:
            __import__("lilong_look").main()
        except ImportError:
            pass
        core = __import__("lilong")
        del sys.modules["lilong_boot"]
        core.main()
    except Exception as error:
        sys.print_exception(error)  # type: ignore[attr-defined]
        print("lilong: ended, restarts")
        __import__("machine").reset()
