import Glibc
import IoURuntime

/// What the system knows of this process.
enum ProcessFacts {
    /// Time since the process started, in milliseconds.
    ///
    /// The kernel keeps the start in ticks of 10 ms, rounded down. At `entry`, early in `main`,
    /// the process has used little but its processor, so that its processor time narrows the
    /// start down within the tick.
    static func sinceStart(entry: Entry) -> Double {
        let now = seconds(CLOCK_BOOTTIME)
        guard let tick = startTick else { return (now - entry.instant + entry.used) * 1e3 }
        let hertz = Double(sysconf(Int32(_SC_CLK_TCK)))
        let earliest = Double(tick) / hertz
        let start = min(max(entry.instant - entry.used, earliest), earliest + 1 / hertz)
        return (now - start) * 1e3
    }

    /// An instant early in `main`.
    struct Entry {
        fileprivate let instant = seconds(CLOCK_BOOTTIME)
        fileprivate let used = seconds(CLOCK_PROCESS_CPUTIME_ID)
    }

    /// The most memory that the process ever held, in bytes; 0 where the system does not say.
    static var peakMemory: Int {
        let kilobytes = status("VmHWM")?.split(whereSeparator: \.isWhitespace).first
        return (kilobytes.flatMap { Int($0) } ?? 0) * 1024
    }

    /// Field 22 of the process's line; the command's name before it may hold spaces.
    private static var startTick: UInt64? {
        guard let line = text("/proc/self/stat"), let end = line.lastIndex(of: ")") else {
            return nil
        }
        let fields = line[end...].split(separator: " ")
        return fields.count > 20 ? UInt64(fields[20]) : nil
    }

    /// What is after "name:" in the kernel's description of the process.
    private static func status(_ name: String) -> Substring? {
        let lines = text("/proc/self/status")?.split(separator: "\n") ?? []
        return lines.first { $0.hasPrefix("\(name):") }?.dropFirst(name.count + 1)
    }

    private static func text(_ path: String) -> String? {
        guard let bytes = try? FilePath(path).read(limit: 1 << 20) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
