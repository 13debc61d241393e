import Glibc
import IoURuntime

/// The font that a distribution of the tools carries, for systems that have none.
enum BundledFonts {
    /// Lets fontconfig find it, where the system has no configuration and the user names none.
    static func use() {
        guard FilePath("/etc/fonts/fonts.conf").status == nil,
            let tool = realpath("/proc/self/exe", nil)
        else { return }
        defer { free(tool) }
        let configuration = FilePath(String(cString: tool)).parent
            .appending("../share/iou/fonts/fonts.conf")
        guard configuration.status?.kind == .file else { return }
        setenv("FONTCONFIG_FILE", configuration.description, 0)
    }
}
