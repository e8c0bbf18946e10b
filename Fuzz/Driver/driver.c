// main() is libFuzzer's; LLVMFuzzerTestOneInput is in FuzzTargets (Entry.swift). The reference keeps the linker from
// leaving that object out.
#include <stddef.h>
#include <stdint.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *start, size_t count);
int (*const hawser_fuzz_entry)(const uint8_t *, size_t) = LLVMFuzzerTestOneInput;
