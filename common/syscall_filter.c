/* SPDX-License-Identifier: BSD-3-Clause -- a seccomp filter of system calls nobody needs. */
#include "common/syscall_filter.h"

#ifdef GOFLOW_HAS_SECCOMP

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/socket.h>

#ifdef GOFLOW_IS_SANITIZED
#define TRACE "process_vm_writev" /* listed anyway: the search for leaks traces its own threads */
#else
#define TRACE "ptrace"
#endif

/* By name: libseccomp knows more of them than the headers of an old system. */
static const char *const REFUSED[] = {
    /* start another program */
    "execve", "execveat",
    /* look into other processes, or steer them */
    TRACE, "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open",
    /* put code into the kernel, or another kernel in its place */
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "bpf",
    "userfaultfd", "lookup_dcookie",
    /* another view of files, processes and networks */
    "mount", "umount", "umount2", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
    "fspick", "mount_setattr", "pivot_root", "chroot", "setns", "unshare", "open_by_handle_at",
    "name_to_handle_at", "fanotify_init", "mknod", "mknodat",
    /* keys of the kernel */
    "keyctl", "add_key", "request_key",
    /* the host as a whole */
    "reboot", "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday",
    "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "stime",
    "sethostname", "setdomainname", "syslog", "vhangup", "nfsservctl",
    /* the processor */
    "iopl", "ioperm", "modify_ldt", "vm86", "vm86old", "personality"};

static const char *const ABSENT[] = {"io_uring_setup", "io_uring_enter", "io_uring_register"};

static const int NAMESPACES[] = {CLONE_NEWUSER, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWNET,
    CLONE_NEWIPC, CLONE_NEWUTS, CLONE_NEWCGROUP};

/* Of sockets that this project uses. */
static const int FAMILIES[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

struct filter {
    scmp_filter_ctx context;
    bool failed; /* out of memory: checked once at the end */
};

/* A call that this kind of machine does not have needs no rule. */
static void refuse(struct filter *filter, int error, const char *name)
{
    int number = seccomp_syscall_resolve_name(name);
    if (number != __NR_SCMP_ERROR) {
        int result = seccomp_rule_add(filter->context, SCMP_ACT_ERRNO(error), number, 0);
        filter->failed = filter->failed || result == -ENOMEM;
    }
}

static void refuse_calls(struct filter *filter)
{
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        refuse(filter, EPERM, REFUSED[i]);
    }
    for (size_t i = 0; i < sizeof ABSENT / sizeof ABSENT[0]; i++) {
        refuse(filter, ENOSYS, ABSENT[i]);
    }
}

/* The flags of clone3 are in memory, where a filter cannot look: libc falls back to clone. */
static void refuse_namespaces(struct filter *filter)
{
    refuse(filter, ENOSYS, "clone3");
    for (size_t i = 0; i < sizeof NAMESPACES / sizeof NAMESPACES[0]; i++) {
        scmp_datum_t flag = (scmp_datum_t)(unsigned)NAMESPACES[i];
        int result = seccomp_rule_add(filter->context, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
            SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
        filter->failed = filter->failed || result == -ENOMEM;
    }
}

static bool is_ours(int family)
{
    for (size_t i = 0; i < sizeof FAMILIES / sizeof FAMILIES[0]; i++) {
        if (FAMILIES[i] == family) {
            return true;
        }
    }
    return false;
}

/* All other families, also those that a newer kernel has. */
static void refuse_families(struct filter *filter)
{
    for (int family = 0; family <= AF_MAX; family++) {
        if (is_ours(family)) {
            continue;
        }
        const struct scmp_arg_cmp rule = {
            .op = family < AF_MAX ? SCMP_CMP_EQ : SCMP_CMP_GE, .datum_a = (scmp_datum_t)family};
        int result = seccomp_rule_add_array(
            filter->context, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, &rule);
        filter->failed = filter->failed || result == -ENOMEM;
    }
}

bool syscall_filter_is_built(void)
{
    return true;
}

enum err syscall_filter_install(void)
{
    struct filter filter = {.context = seccomp_init(SCMP_ACT_ALLOW)};
    if (filter.context == NULL) {
        return ERR_MEMORY;
    }
    refuse_calls(&filter);
    refuse_namespaces(&filter);
    refuse_families(&filter);
    bool is_set = seccomp_attr_set(filter.context, SCMP_FLTATR_CTL_TSYNC, 1) == 0;
    bool is_loaded = is_set && !filter.failed && seccomp_load(filter.context) == 0;
    seccomp_release(filter.context);
    if (filter.failed) {
        return ERR_MEMORY;
    }
    return is_loaded ? ERR_OK : ERR_UNSUPPORTED;
}

#else

bool syscall_filter_is_built(void)
{
    return false;
}

enum err syscall_filter_install(void)
{
    return ERR_UNSUPPORTED;
}

#endif
