BUILT_S: int
