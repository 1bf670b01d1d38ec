"""What takes long to make is made once, and anew when its file is not what it was."""

from lilong_simulator.fleet.kept import kept


class Maker:
    def __init__(self):
        self.made = 0

    def __call__(self):
        self.made += 1
        return {"made": self.made}


def test_it_is_made_once_and_nothing_else_is_left(tmp_path):
    path, make = tmp_path / "cache" / "thing.json", Maker()
    assert [kept(path, make), kept(path, make), kept(path, Maker())] == [{"made": 1}] * 3
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_was_cut_short_is_made_anew(tmp_path):
    path, make = tmp_path / "thing.json", Maker()
    kept(path, make)
    path.write_text(path.read_text()[:-3])
    assert [kept(path, make), kept(path, make)] == [{"made": 2}] * 2


def test_where_nothing_can_be_kept_it_is_made_each_time(tmp_path):
    (tmp_path / "file").write_text("")
    make = Maker()
    assert [kept(tmp_path / "file" / "thing.json", make) for _ in range(2)] == [{"made": 1}, {"made": 2}]
