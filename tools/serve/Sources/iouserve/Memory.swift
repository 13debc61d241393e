import CMalloc

/// What the process asks of the system's allocator.
enum Memory {
    /// Large blocks are the system's own, and go back to it at once.
    ///
    /// glibc raises this limit with every large block that is freed. Runs that are kept, in the order
    /// in which clients come and go, then leave holes that nothing else fits in: 250 MB after 480
    /// requests in place of 150.
    static func returnsLargeBlocks() {
        mallopt(M_MMAP_THRESHOLD, 1 << 18)
    }
}
