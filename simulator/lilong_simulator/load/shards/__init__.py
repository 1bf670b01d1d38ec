"""One run by several processes: each plays a shard, one conducts them, and all have one clock and one beginning.

The conductor listens; whoever starts processes (`processes` on this machine, `cluster` on an engine's nodes) gives each
an order that says where. Such a process is a worker: it connects, is told its job, and tells what it sees every second.
Nothing is ever played twice: a shard belongs to the first worker that claims it, and is lost with it.
"""
