/* The program's malloc and its kin, counted; not under a sanitizer, which has its own. */
#ifndef COUNTED_MALLOC_H
#define COUNTED_MALLOC_H

/** Allocations of the whole process so far; always 0 under a sanitizer. */
long counted_allocations(void);

#endif
