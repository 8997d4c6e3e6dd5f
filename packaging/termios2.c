/*
 * What qemu-user of Debian 12 lacks: the ioctls by which a serial port is asked and told of any speed (TCGETS2 and its
 * relatives). Preloaded into the program under emulation only (scripts/cross), it does them by those that there are; a
 * pseudo-terminal has no speed anyway.
 */
#define _GNU_SOURCE
#include <asm/termbits.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* asm/ioctls.h, by its numbers: the kernel's headers and those of the C library cannot be read together. */
#define GETS 0x5401
#define GETS2 0x802C542AUL
#define SETS2 0x402C542BUL

typedef int (*ioctl_call)(int, unsigned long, ...);

int ioctl(int port, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    ioctl_call next = (ioctl_call)dlsym(RTLD_NEXT, "ioctl");
    unsigned long wanted = request & 0xffffffffUL;
    struct termios old;

    if (wanted != GETS2 && (wanted < SETS2 || wanted > SETS2 + 2))
        return next(port, request, argument);
    if (next(port, GETS, &old) < 0)
        return -1;
    struct termios2 *new = argument;
    if (wanted == GETS2) {
        memcpy(new, &old, sizeof old);
        new->c_ispeed = new->c_ospeed = 115200;
        return 0;
    }
    memcpy(&old, new, sizeof old);
    old.c_cflag = (old.c_cflag & ~(CBAUD | CIBAUD)) | B115200;
    /* TCSETS, TCSETSW and TCSETSF follow TCGETS as their relatives follow TCGETS2. */
    return next(port, GETS + 1 + (wanted - SETS2), &old);
}
