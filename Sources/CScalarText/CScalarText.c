// What Embedded Swift's String asks of Unicode's tables, answered for texts that are compared as what they are.
//
// Names, paths, JSON keys and identifiers are sequences of scalars: a composed and a decomposed "é" are two names, for the
// kernel, for a file system and for every other CNI plugin. So no scalar decomposes, composes or joins its neighbour
// (Hangul apart, which the standard library computes), and 48 KB of tables (libswiftUnicodeDataTables.a) stay out of each
// plugin. The functions are those that its normalization and grapheme breaking call (SwiftShims/UnicodeData.h); another
// one that a plugin begins to need fails to link.

#include <stdbool.h>
#include <stdint.h>

const uint8_t *_swift_stdlib_nfd_decompositions = 0;

// Combining class 0, and no quick check fails.
uint16_t _swift_stdlib_getNormData(uint32_t scalar) {
    (void)scalar;
    return 0;
}

// An entry belongs to the scalar in its low 18 bits: this one never to the scalar asked for.
uint32_t _swift_stdlib_getDecompositionEntry(uint32_t scalar) { return (scalar ^ 1) & 0x3FFFF; }

// No pair composes.
uint32_t _swift_stdlib_getComposition(uint32_t first, uint32_t second) {
    (void)first;
    (void)second;
    return 0xFFFFFFFF;
}

// The property "any": a character of its own.
uint8_t _swift_stdlib_getGraphemeBreakProperty(uint32_t scalar) {
    (void)scalar;
    return 0xFF;
}

bool _swift_stdlib_isInCB_Consonant(uint32_t scalar) {
    (void)scalar;
    return false;
}

bool _swift_stdlib_isExtendedPictographic(uint32_t scalar) {
    (void)scalar;
    return false;
}
