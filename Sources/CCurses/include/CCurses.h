// Wide ncurses for Swift: what its macros, globals and signal rules keep out of reach.
#ifndef C_CURSES_H
#define C_CURSES_H

// Both must be set before curses.h: wide and narrow windows differ in layout.
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#ifndef _XOPEN_SOURCE_EXTENDED
#define _XOPEN_SOURCE_EXTENDED 1
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <wchar.h>

// On macOS Homebrew's: the SDK's ncurses.h belongs to a module, which would not see the two above.
#include <ncursesw/curses.h>

// Globals, which Swift refuses to read bare.
static inline WINDOW *curses_screen_window(void) { return stdscr; }
static inline int curses_color_count(void) { return COLORS; }
static inline int curses_pair_count(void) { return COLOR_PAIRS; }

// Attribute macros.
static inline attr_t curses_bold(void) { return WA_BOLD; }
static inline attr_t curses_dim(void) { return WA_DIM; }
static inline attr_t curses_underline(void) { return WA_UNDERLINE; }
static inline attr_t curses_reverse(void) { return WA_REVERSE; }
static inline attr_t curses_protect(void) { return WA_PROTECT; }

/// One scalar and its marks (NUL-terminated, at most CCHARW_MAX) with attributes and pair.
static inline bool curses_set_cell(cchar_t *cell, const wchar_t *text, attr_t attributes,
                                   int pair) {
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS
  return setcchar(cell, text, attributes, 0, &pair) == OK;
#else
  return setcchar(cell, text, attributes, (short)pair, NULL) == OK;
#endif
}

/// Defines a colour pair; libraries without extended pairs stop at 32767.
static inline bool curses_define_pair(int pair, int foreground, int background) {
#if defined(NCURSES_EXT_COLORS) && NCURSES_EXT_COLORS
  return init_extended_pair(pair, foreground, background) == OK;
#else
  if (pair > 32767 || foreground > 32767 || background > 32767) return false;
  return init_pair((short)pair, (short)foreground, (short)background) == OK;
#endif
}

/// `wcwidth`, or -1 for what `wchar_t` cannot hold.
int curses_scalar_width(uint32_t scalar);

/// Whether the locale in force speaks UTF-8, after trying the environment's and a few others.
bool curses_choose_utf8_locale(void);

// The guard: gives the terminal back when the program dies, and turns other signals into wakes.

/// Remembers the modes of `output`, and answers signals from now on. False: errno says why.
bool guard_install(int input, int output);
/// Puts back the signal handlers that were there before `guard_install`.
void guard_remove(void);
/// Whether the screen is ours: only then does a crash write to it.
void guard_set_entered(bool entered);
/// Writes all of `bytes` to the terminal, through interruptions.
void guard_write(const char *bytes, size_t count);
/// Whether `signal` came since the last call.
bool guard_take(int signal);
/// Stops the process group until it is continued; returns at once where nothing could continue it.
void guard_stop(void);
/// Collects standard error in an unnamed file while the screen is ours.
void guard_capture_errors(void);
/// Lets go of standard error, and prints what was collected.
void guard_release_errors(void);

/// Ends a wait from any thread or signal handler.
void guard_wake(void);
/// Becomes readable when woken; -1 before the first `guard_install`.
int guard_wake_descriptor(void);
void guard_clear_wake(void);

#endif
