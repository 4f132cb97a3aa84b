"""What to do about a sandbox that cannot be set up, by what bubblewrap says."""

from __future__ import annotations

INSTALL = "Install it: apt-get install bubblewrap (dnf, pacman, zypper and apk have the same package)."

_CONTAINER = (
    "Inside a container, start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined, or run this application outside it."
)
_REMEDIES = (
    ("No such file or directory: '/", INSTALL),
    ("nknown option", "Install bubblewrap 0.8 or newer."),
    (
        "uid map",
        "Allow user namespaces for bwrap: load AppArmor's bwrap-userns-restrict profile, "
        "or run `sysctl kernel.apparmor_restrict_unprivileged_userns=0`.",
    ),
    (
        "new namespace failed: No space left",
        "Raise the number of user namespaces: `sysctl user.max_user_namespaces=10000`.",
    ),
    ("ew namespace", "Allow user namespaces: `sysctl kernel.unprivileged_userns_clone=1`. " + _CONTAINER),
    ("mount proc", _CONTAINER),
    ("execvp", "Install Python where every user can read it: apt-get install python3."),
    ("source path", "Install Python where every user can read it: apt-get install python3."),
)


def remedy(complaint: str) -> str:
    """One sentence of what to do; empty when the complaint is not a known one."""
    return next((advice for part, advice in _REMEDIES if part in complaint), "")
