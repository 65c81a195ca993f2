import pathlib
import shutil
import time


def snapshot(path, folder, keep=7):
    """Copies the database file and drops the oldest copies."""
    target = pathlib.Path(folder) / time.strftime("%Y%m%d-%H%M%S.db")
    shutil.copy(path, target)
    for old in sorted(pathlib.Path(folder).glob("*.db"))[:-keep]:
        old.unlink()
