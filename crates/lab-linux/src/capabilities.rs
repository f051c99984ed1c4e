//! Gives up the capabilities that no server of a lab needs.

use nix::errno::Errno;
use nix::libc;

use crate::error::{Doing, Result};

/// Numbers of `linux/capability.h` that stay: what servers and their start scripts use, within the
/// machine's own namespaces. Mounting, tracing, modules, raw devices, clocks and the like are gone.
const KEPT: [u8; 15] = [
    0,  // CHOWN
    1,  // DAC_OVERRIDE
    2,  // DAC_READ_SEARCH
    3,  // FOWNER
    4,  // FSETID
    5,  // KILL
    6,  // SETGID
    7,  // SETUID
    8,  // SETPCAP
    10, // NET_BIND_SERVICE
    12, // NET_ADMIN
    13, // NET_RAW
    14, // IPC_LOCK
    18, // SYS_CHROOT, for sshd's and HAProxy's own cage
    23, // SYS_NICE
];
const LAST: u8 = 40;
/// `_LINUX_CAPABILITY_VERSION_3`.
const VERSION: u32 = 0x2008_0522;

pub fn drop_unneeded() -> Result<()> {
    for number in (0..=LAST).filter(|number| !KEPT.contains(number)) {
        // SAFETY: the call takes numbers only. A number that this kernel does not know is an error to ignore.
        unsafe { libc::prctl(libc::PR_CAPBSET_DROP, libc::c_ulong::from(number), 0, 0, 0) };
    }
    set_own()
}

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

fn set_own() -> Result<()> {
    let mask = KEPT.iter().fold(0_u32, |mask, number| mask | 1 << number);
    let header = Header { version: VERSION, pid: 0 };
    let sets = [
        Sets { effective: mask, permitted: mask, inheritable: 0 },
        Sets { effective: 0, permitted: 0, inheritable: 0 },
    ];
    // SAFETY: both pointers are to values of the layout that capset(2) gives for this version.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) };
    Errno::result(result).doing(|| "give up capabilities".into()).map(drop)
}
