// Nothing to import: CScalarText.c gives Embedded Swift's standard library what it asks the linker for.
#pragma once
