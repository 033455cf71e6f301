import re

READERS = 19


def test_every_reader_reads_damaged_files_or_refuses_them_in_our_words(program):
    done = program("fuzz", inputs=60, seed=1)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = re.findall(r"^(\S.*?) +(\d+) +(\d+) +(\d+) +(\d+)$", done.stdout, re.MULTILINE)
    assert len(rows) == READERS
    assert all(int(refused) and not int(others) for _, _, refused, _, others in rows)
    # Little damage leaves most kinds of files readable now and then.
    assert sum(int(valid) > 0 for *_, valid, _ in rows) > READERS / 2
