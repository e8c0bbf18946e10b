// Making files below a directory from what a stranger wrote: nothing leads out of it.
#ifndef HAWSER_UNPACK_H
#define HAWSER_UNPACK_H
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum {
    HW_RESOLVE_NO_CROSSING = 1,     // RESOLVE_NO_XDEV
    HW_RESOLVE_NO_MAGIC_LINKS = 2,  // RESOLVE_NO_MAGICLINKS
    HW_RESOLVE_NO_LINKS = 4,        // RESOLVE_NO_SYMLINKS
    HW_RESOLVE_IN_ROOT = 16,        // RESOLVE_IN_ROOT
};

/// openat2(2). Answers -1 with errno set.
int hw_openat2(int directory, const char *_Nonnull path, int flags, mode_t mode, uint64_t resolve);

/// An extended attribute of a directory's entry, which may be a link or a device. Answers -1 with errno set.
int hw_set_attribute_of_entry(int directory, const char *_Nonnull name, const char *_Nonnull attribute,
                              const void *_Nullable value, size_t size);

enum { HW_NODE_FIFO = 0010000, HW_NODE_CHARACTER = 0020000, HW_NODE_BLOCK = 0060000 };
/// mknodat(2) of a kind, with the two halves of a device number; only its owner may read and write it.
int hw_make_node(int directory, const char *_Nonnull name, int kind, uint32_t major, uint32_t minor);
/// Whether this is what an overlay takes for a deleted file: a character device 0/0.
static inline int hw_is_whiteout(mode_t mode, dev_t device) { return S_ISCHR(mode) && device == 0; }

/// Removes an entry of a directory, with everything below it. Answers 0 or -errno.
int hw_remove_entry(int directory, const char *_Nonnull name);

/// Makes this thread read texts as UTF-8, whatever the locale of the environment. Answers -1 with errno set.
int hw_use_utf8(void);
#endif
