#if !defined(__APPLE__)
#define _GNU_SOURCE 1
#endif

#include "CCurses.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

int curses_scalar_width(uint32_t scalar) {
  return scalar > 0x10FFFF ? -1 : wcwidth((wchar_t)scalar);
}

static bool speaks_utf8(void) {
  const char *codeset = nl_langinfo(CODESET);
  return strcmp(codeset, "UTF-8") == 0 || strcmp(codeset, "utf8") == 0;
}

bool curses_choose_utf8_locale(void) {
  static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
  bool chosen = setlocale(LC_ALL, "") != NULL && speaks_utf8();
  for (size_t i = 0; !chosen && i < sizeof names / sizeof *names; i++)
    chosen = setlocale(LC_CTYPE, names[i]) != NULL && speaks_utf8();
  // Numbers in files and requests always have a point.
  setlocale(LC_NUMERIC, "C");
  return chosen;
}

// The guard. Everything a handler calls is async-signal-safe (POSIX 2017, 2.4.3).

static const int crashes[] = {SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGTRAP, SIGFPE, SIGQUIT};
static const int requests[] = {SIGTERM, SIGHUP, SIGINT};
static const int notices[] = {SIGWINCH, SIGTSTP, SIGCONT};
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define SIGNALS 65

// Ends synchronized output, mouse modes and bracketed paste; shows the cursor; plain text; leaves
// the keypad mode and the alternate screen.
static const char give_back[] =
    "\033[?2026l\033[?1006l\033[?1003l\033[?1002l\033[?1000l\033[?2004l"
    "\033[?25h\033[0m\033[?1l\033>\033[?1049l\r";

static struct sigaction previous[SIGNALS];
static atomic_int pending[SIGNALS];
static atomic_int entered;
static atomic_int wake_is_pending;
static int wake_pipe[2] = {-1, -1};
static int input_fd = -1, output_fd = -1;
static struct termios modes;
static int kept_errors = -1, collected_errors = -1;
static char *alternate_stack;

void guard_write(const char *bytes, size_t count) {
  while (count > 0) {
    ssize_t written = write(output_fd, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes += written;
    count -= (size_t)written;
  }
}

void guard_release_errors(void) {
  if (kept_errors < 0) return;
  dup2(kept_errors, STDERR_FILENO);
  close(kept_errors);
  kept_errors = -1;
  char buffer[4096];
  ssize_t count;
  off_t offset = 0;
  while ((count = pread(collected_errors, buffer, sizeof buffer, offset)) > 0) {
    if (write(STDERR_FILENO, buffer, (size_t)count) < 0) break;
    offset += count;
  }
  close(collected_errors);
  collected_errors = -1;
}

void guard_capture_errors(void) {
  if (kept_errors >= 0 || !isatty(STDERR_FILENO)) return;
  FILE *file = tmpfile();
  if (file == NULL) return;
  collected_errors = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  fclose(file);
  if (collected_errors < 0) return;
  fcntl(collected_errors, F_SETFL, O_APPEND);
  kept_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (kept_errors >= 0) dup2(collected_errors, STDERR_FILENO);
}

static void restore_screen(void) {
  if (!atomic_exchange(&entered, 0)) return;
  guard_write(give_back, sizeof give_back - 1);
  tcsetattr(input_fd, TCSANOW, &modes);
  guard_release_errors();
}

/// Dies of `signal` as if the guard had never been: the shell sees the true cause.
static void pass_on(int signal) {
  restore_screen();
  sigaction(signal, &previous[signal], NULL);
  raise(signal);
}

/// While another program has the terminal, its keys (Ctrl-C, Ctrl-\\) are not for us.
static bool is_for_other(int signal) {
  return (signal == SIGINT || signal == SIGQUIT) && !atomic_load(&entered);
}

static void on_crash(int signal) {
  if (is_for_other(signal)) return;
  int error = errno;
  pass_on(signal);
  errno = error;
}

static void on_request(int signal) {
  if (is_for_other(signal)) return;
  int error = errno;
  // Asked twice and never answered: the loop is stuck, so go without it.
  if (atomic_exchange(&pending[signal], 1)) pass_on(signal);
  guard_wake();
  errno = error;
}

/// Stops this process as if it had no handler, and goes on when it is continued.
static void stop_here(void) {
  struct sigaction action, ours;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = SIG_DFL;
  sigaction(SIGTSTP, &action, &ours);
  // Where no shell could continue us, the system discards this signal and we go on.
  raise(SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
}

static void on_notice(int signal) {
  int error = errno;
  if (signal == SIGTSTP && !atomic_load(&entered)) {
    // Another program has the terminal and was stopped: the job stops as a whole.
    stop_here();
  } else {
    atomic_store(&pending[signal], 1);
    guard_wake();
  }
  errno = error;
}

static void answer(const int *signals, size_t count, void (*handler)(int), int flags) {
  for (size_t i = 0; i < count; i++) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    atomic_store(&pending[signals[i]], 0);
    sigaction(signals[i], &action, &previous[signals[i]]);
  }
}

static void put_back(const int *signals, size_t count) {
  for (size_t i = 0; i < count; i++) sigaction(signals[i], &previous[signals[i]], NULL);
}

static bool open_wake_pipe(void) {
  if (wake_pipe[0] >= 0) return true;
  int ends[2];
  if (pipe(ends) != 0) return false;
  for (int i = 0; i < 2; i++) {
    fcntl(ends[i], F_SETFL, O_NONBLOCK);
    fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    // The pipe lives as long as the process: a late wake must never write to another file.
    wake_pipe[i] = ends[i];
  }
  return true;
}

/// A stack of its own lets the handler run when the crash is a stack overflow.
static void set_alternate_stack(void) {
  stack_t current;
  if (sigaltstack(NULL, &current) != 0 || !(current.ss_flags & SS_DISABLE)) return;
  const size_t size = 64 * 1024;
  if (alternate_stack == NULL) alternate_stack = malloc(size);
  if (alternate_stack == NULL) return;
  stack_t stack;
  memset(&stack, 0, sizeof stack);
  stack.ss_sp = alternate_stack;
  stack.ss_size = size;
  sigaltstack(&stack, NULL);
}

bool guard_install(int input, int output) {
  if (!open_wake_pipe() || tcgetattr(input, &modes) != 0) return false;
  input_fd = input;
  output_fd = output;
  set_alternate_stack();
  answer(crashes, COUNT(crashes), on_crash, SA_ONSTACK | SA_NODEFER);
  answer(requests, COUNT(requests), on_request, SA_ONSTACK | SA_RESTART);
  answer(notices, COUNT(notices), on_notice, SA_ONSTACK | SA_RESTART | SA_NODEFER);
  return true;
}

void guard_remove(void) {
  put_back(notices, COUNT(notices));
  put_back(requests, COUNT(requests));
  put_back(crashes, COUNT(crashes));
}

void guard_set_entered(bool is_entered) { atomic_store(&entered, is_entered); }

bool guard_take(int signal) {
  return signal > 0 && signal < SIGNALS && atomic_exchange(&pending[signal], 0);
}

void guard_stop(void) {
  struct sigaction action, ours;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  // First the others of the job (a `make` around us), then ourselves and surely on this thread.
  action.sa_handler = SIG_IGN;
  sigaction(SIGTSTP, &action, &ours);
  kill(0, SIGTSTP);
  sigaction(SIGTSTP, &ours, NULL);
  stop_here();
}

void guard_wake(void) {
  if (wake_pipe[1] < 0 || atomic_exchange(&wake_is_pending, 1)) return;
  const char byte = 1;
  ssize_t written = write(wake_pipe[1], &byte, 1);
  (void)written;
}

int guard_wake_descriptor(void) { return wake_pipe[0]; }

void guard_clear_wake(void) {
  char bytes[64];
  while (read(wake_pipe[0], bytes, sizeof bytes) > 0) {
  }
  // Only now: a wake before this has nothing to write, and what it tells of is looked at after
  // this. The other way round its byte could be read away while it still counts as pending.
  atomic_store(&wake_is_pending, 0);
}
