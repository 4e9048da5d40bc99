//! How much memory this program may still take.

/// Bytes that can be had without anything being swapped out: what the system has left, and on Linux what the program's
/// control groups leave of that. None where the system doesn't say.
pub(super) fn free_bytes() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return linux::free_bytes(std::path::Path::new("/"));
    #[cfg(any(windows, target_os = "macos"))]
    return {
        let mut system = sysinfo::System::new().ok()?;
        system.refresh_memory();
        // 0 is how it says that it does not know.
        Some(system.available_memory()).filter(|bytes| *bytes > 0)
    };
    #[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
    return None;
}

/// Proc(5) and the kernel's documents of cgroup v1 (memory.rst) and v2 (cgroup-v2.rst).
#[cfg(target_os = "linux")]
mod linux {
    use std::fs::read_to_string;
    use std::path::Path;

    /// Of the system whose file system is at `root`.
    pub(super) fn free_bytes(root: &Path) -> Option<u64> {
        let info = read_to_string(root.join("proc/meminfo")).ok()?;
        let system = field(&info, "MemAvailable:")?.saturating_mul(1024);
        Some(group(root).map_or(system, |group| group.min(system)))
    }

    /// The number after `name` at the beginning of a line.
    fn field(text: &str, name: &str) -> Option<u64> {
        let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
        rest.split_whitespace().next()?.parse().ok()
    }

    /// What the control groups that the program is in leave it; none where they set no limit.
    fn group(root: &Path) -> Option<u64> {
        let groups = read_to_string(root.join("proc/self/cgroup")).ok()?;
        let left = groups.lines().filter_map(|line| {
            // 'number:controllers:path'; v2 has no controllers.
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let path = path.trim_start_matches('/');
            if controllers.is_empty() {
                let names = Names { limit: "memory.max", used: "memory.current", cached: "" };
                // Beside v1 the tree of v2 is mounted one folder deeper.
                let trees = ["sys/fs/cgroup", "sys/fs/cgroup/unified"];
                trees.iter().filter_map(|tree| names.left(&root.join(tree), path)).min()
            } else if controllers.split(',').any(|controller| controller == "memory") {
                let (limit, used) = ("memory.limit_in_bytes", "memory.usage_in_bytes");
                let names = Names { limit, used, cached: "total_" };
                names.left(&root.join("sys/fs/cgroup/memory"), path)
            } else {
                None
            }
        });
        left.min()
    }

    struct Names {
        limit: &'static str,
        used: &'static str,
        /// What the counts of cached files begin with: those of a group and all that are in it.
        cached: &'static str,
    }

    impl Names {
        /// The least that any group on the way from `path` up to the `tree` leaves. In a container the path may be that
        /// of the host; then the tree itself is the program's group.
        fn left(&self, tree: &Path, path: &str) -> Option<u64> {
            let groups = Path::new(path).ancestors().map(|group| tree.join(group));
            groups.filter_map(|group| self.left_in(&group)).min()
        }

        fn left_in(&self, group: &Path) -> Option<u64> {
            let number = |name| read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
            // "max", which is no number, is no limit.
            let (limit, used) = (number(self.limit)?, number(self.used)?);
            // Cached files count as used, and make room when memory is wanted.
            let stat = read_to_string(group.join("memory.stat")).unwrap_or_default();
            let cached = |kind: &str| field(&stat, &format!("{}{kind} ", self.cached)).unwrap_or(0);
            let files = cached("inactive_file").saturating_add(cached("active_file"));
            Some(limit.saturating_sub(used.saturating_sub(files)))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        fn system(files: &[(&str, &str)]) -> Option<u64> {
            let root = tempfile::tempdir().unwrap();
            for (path, text) in files {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            free_bytes(root.path())
        }

        const MEMORY: (&str, &str) =
            ("proc/meminfo", "MemTotal:  8000 kB\nMemFree: 10 kB\nMemAvailable:    4000 kB\n");

        #[test]
        fn the_system_says_what_is_available() {
            assert_eq!(system(&[MEMORY]), Some(4000 * 1024));
            assert_eq!(system(&[]), None);
            assert_eq!(system(&[("proc/meminfo", "MemAvailable: much\n")]), None);
        }

        #[test]
        fn a_group_of_version_2_leaves_less() {
            let group = |own: &'static str| {
                system(&[
                    MEMORY,
                    ("proc/self/cgroup", "0::/game/play\n"),
                    ("sys/fs/cgroup/game/play/memory.max", own),
                    ("sys/fs/cgroup/game/play/memory.current", "500000\n"),
                    ("sys/fs/cgroup/game/memory.max", "2000000\n"),
                    ("sys/fs/cgroup/game/memory.current", "1500000\n"),
                    ("sys/fs/cgroup/game/memory.stat", "anon 7\ninactive_file 300000\n"),
                ])
            };
            assert_eq!(group("max\n"), Some(800_000), "the group above has a limit");
            assert_eq!(group("600000\n"), Some(100_000));
            assert_eq!(group("100\n"), Some(0), "more is used than may be");
        }

        #[test]
        fn a_group_of_version_1_leaves_less_also_in_a_container() {
            let files = [
                MEMORY,
                ("proc/self/cgroup", "4:cpu,memory:/host/7\n0::/\n"),
                ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1000000\n"),
                ("sys/fs/cgroup/memory/memory.usage_in_bytes", "900000\n"),
                (
                    "sys/fs/cgroup/memory/memory.stat",
                    "inactive_file 5\ntotal_inactive_file 100000\ntotal_active_file 50000\n",
                ),
            ];
            assert_eq!(system(&files), Some(250_000));
        }

        #[test]
        fn this_machine_has_some() {
            assert!(super::super::free_bytes().is_some_and(|bytes| bytes > 1 << 20));
        }
    }
}
