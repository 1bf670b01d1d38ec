"""main.py of every board: what is in /lilong decides what runs. It holds nothing of the starter while that runs."""

import sys

sys.path.insert(0, "/lilong")

if __import__("lilong_boot").mounted():
    try:
        try:
            __import__("lilong_look").main()  # of who sleeps: `early`
        except ImportError:
            pass
        __import__("lilong").main()
    except Exception as error:
        sys.print_exception(error)  # type: ignore[attr-defined]
        print("lilong: ended, the board restarts")
        __import__("machine").reset()
