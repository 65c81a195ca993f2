#include "apps/sg/interrupt.h"

#include <unistd.h>

#include <csignal>

#include "apps/sg/exit_codes.h"

namespace sg {
namespace {

std::atomic<bool> g_interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may not take locks");

constexpr int kSignals[] = {SIGINT, SIGTERM};
struct sigaction g_previous[2];

extern "C" void OnInterrupt(int) {
  if (g_interrupted.exchange(true)) ::_exit(kExitInterrupted);
}

}  // namespace

InterruptScope::InterruptScope() {
  g_interrupted = false;
  struct sigaction action = {};
  action.sa_handler = OnInterrupt;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &action, &g_previous[i]);
}

InterruptScope::~InterruptScope() {
  for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &g_previous[i], nullptr);
}

const std::atomic<bool>* InterruptScope::flag() const { return &g_interrupted; }

}  // namespace sg
