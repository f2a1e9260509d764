// Time, text, histograms, /proc, hexadecimal, and the command line's options.
#pragma once
#include <arpa/inet.h>
#include <cerrno>
#include <climits>
#include <cmath>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <algorithm>
#include <dirent.h>
#include <fcntl.h>
#include <functional>
#include <map>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

using std::string;
using std::string_view;
typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

inline u64 now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}
inline volatile sig_atomic_t g_stop = 0;

// A generator that disturbs the server tells one that relays beside it which phase begins, by SIGUSR1 with the phase as its value.
enum Phase { SETUP, QUIET, MEANWHILE, OVER, PHASES };
struct PhaseStart { u64 at; Phase phase; };
inline PhaseStart g_phases[16] = {{0, SETUP}};
inline volatile sig_atomic_t g_phase_count = 1;
inline void begin_phase(int, siginfo_t* info, void*) {
  if (g_phase_count == 16) return;
  g_phases[g_phase_count] = {now_ns(), (Phase)std::min<int>(info->si_value.sival_int, OVER)};
  g_phase_count = g_phase_count + 1;
}
inline Phase phase_now() { return g_phases[g_phase_count - 1].phase; }
inline Phase phase_of(u64 t) {
  int i = g_phase_count - 1;
  while (t < g_phases[i].at) i--;
  return g_phases[i].phase;
}
[[noreturn]] inline void die(const char* f, ...) {
  va_list a;
  va_start(a, f);
  fprintf(stderr, "wsload: ");
  vfprintf(stderr, f, a);
  fprintf(stderr, "\n");
  va_end(a);
  exit(2);
}
inline string fmt(const char* f, ...) {
  char b[8192];
  va_list a;
  va_start(a, f);
  int n = vsnprintf(b, sizeof b, f, a);
  va_end(a);
  return string(b, b + std::min<int>(n, sizeof b - 1));
}

// log-linear histogram, 128 steps per power of two (error below 0.8 %)
struct Hist {
  static constexpr int S = 7;
  std::vector<u64> b = std::vector<u64>((65 - S) << S, 0);
  u64 n = 0, mx = 0;
  void add(u64 v) {
    n++;
    if (v > mx) mx = v;
    size_t i;
    if (v < (1u << S)) i = v;
    else {
      int e = 63 - __builtin_clzll(v);
      i = ((size_t)(e - S + 1) << S) + ((v >> (e - S)) & ((1u << S) - 1));
    }
    b[i]++;
  }
  u64 q(double p) const {
    if (!n) return 0;
    u64 want = (u64)(p * (double)n);
    if (want >= n) want = n - 1;
    u64 c = 0;
    for (size_t i = 0; i < b.size(); i++) {
      c += b[i];
      if (c > want) {
        if (i < (1u << S)) return i;
        int e = (int)(i >> S) + S - 1;
        u64 m = i & ((1u << S) - 1);
        u64 lo = ((1ull << S) + m) << (e - S);
        return std::min<u64>(mx, lo + ((1ull << (e - S)) >> 1));
      }
    }
    return mx;
  }
  double us(double p) const { return (double)q(p) / 1000.0; }
  double maxus() const { return (double)mx / 1000.0; }
};

struct Json {  // one flat JSON object, built left to right
  string s = "{";
  void key(const char* k) {
    if (s.size() > 1) s += ',';
    s += '"'; s += k; s += "\":";
  }
  Json& str(const char* k, string_view v) {
    key(k); s += '"';
    for (char c : v) { if (c == '"' || c == '\\') s += '\\'; if ((u8)c >= 32) s += c; }
    s += '"';
    return *this;
  }
  Json& i(const char* k, long long v) { key(k); s += fmt("%lld", v); return *this; }
  Json& d(const char* k, double v, int prec = 3) { key(k); s += fmt("%.*f", prec, v); return *this; }
  Json& b(const char* k, bool v) { key(k); s += v ? "true" : "false"; return *this; }
  void print() { puts((s + "}").c_str()); fflush(stdout); }
};

struct ProcStat { double cpu = 0; long rss_kb = 0, pss_kb = 0, threads = 0; bool ok = false; };
inline ProcStat read_proc(const std::vector<int>& pids, bool pss) {
  ProcStat r;
  static const double hz = (double)sysconf(_SC_CLK_TCK);
  for (int pid : pids) {
    char b[4096];
    if (FILE* f = fopen(fmt("/proc/%d/stat", pid).c_str(), "r")) {
      size_t n = fread(b, 1, sizeof b - 1, f);
      fclose(f);
      b[n] = 0;
      if (char* p = strrchr(b, ')')) {
        unsigned long u = 0, s = 0;
        long th = 0;
        sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %ld", &u, &s, &th);
        r.cpu += (double)(u + s) / hz;
        r.threads += th;
        r.ok = true;
      }
    }
    if (!pss) continue;
    for (const char* file : {"status", "smaps_rollup"})
      if (FILE* f = fopen(fmt("/proc/%d/%s", pid, file).c_str(), "r")) {
        while (fgets(b, sizeof b, f)) {
          long v;
          if (file[1] == 't' && sscanf(b, "VmRSS: %ld", &v) == 1) r.rss_kb += v;
          if (file[1] == 'm' && sscanf(b, "Pss: %ld", &v) == 1) r.pss_kb += v;
        }
        fclose(f);
      }
  }
  return r;
}
inline double self_cpu() {
  rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)u.ru_utime.tv_sec + u.ru_utime.tv_usec / 1e6 + (double)u.ru_stime.tv_sec + u.ru_stime.tv_usec / 1e6;
}
inline long tcp_mem_kb() {  // kernel socket buffers in use, whole machine, both ends
  long pages = 0;
  char b[512];
  if (FILE* f = fopen("/proc/net/sockstat", "r")) {
    while (fgets(b, sizeof b, f)) {
      if (!strncmp(b, "TCP:", 4))
        if (char* m = strstr(b, "mem ")) pages = atol(m + 4);
    }
    fclose(f);
  }
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

inline const char HEXD[] = "0123456789abcdef";
inline char HEX2[512];
inline int8_t UNHEX[256];
inline void init_hex() {
  for (int i = 0; i < 256; i++) { HEX2[2 * i] = HEXD[i >> 4]; HEX2[2 * i + 1] = HEXD[i & 15]; UNHEX[i] = -1; }
  for (int i = 0; i < 16; i++) UNHEX[(u8)HEXD[i]] = (int8_t)i;
}
inline void put_hex(char* p, u64 v, int digits) {
  for (int i = digits - 2; i >= 0; i -= 2) { memcpy(p + i, HEX2 + 2 * (v & 255), 2); v >>= 8; }
}
inline bool get_hex(const char* p, int digits, u64& out) {
  u64 v = 0;
  int bad = 0;
  for (int i = 0; i < digits; i++) { int d = UNHEX[(u8)p[i]]; bad |= d; v = v << 4 | (u64)(d & 15); }
  out = v;
  return bad >= 0;
}
inline const char* find(const char* p, size_t n, string_view needle) {
  return (const char*)memmem(p, n, needle.data(), needle.size());
}

enum Dialect { CHAINLESS, PEERJS, ECHO };
struct Opts {
  string cmd, url, host = "127.0.0.1", path = "/";
  int port = 0;
  Dialect dialect = CHAINLESS;
  std::map<string, string> kv;
  std::vector<int> ports;  // of the nodes: connection i goes to the (i mod n)th
  std::vector<int> pids, told;  // the server's processes; the generators that are told of phases
  std::vector<string> headers;
  u32 mask = 0x37fa213d;
  bool mask_random = false;
  string prefix, label;
  string reg_marker, reg_extra;
  bool batch = true;
  string get(const char* k, const char* d) const { auto i = kv.find(k); return i == kv.end() ? d : i->second; }
  double num(const char* k, double d) const { auto i = kv.find(k); return i == kv.end() ? d : atof(i->second.c_str()); }
  long in(const char* k, long d) const { return (long)num(k, (double)d); }
  void tell(Phase phase) const { for (int p : told) sigqueue(p, SIGUSR1, sigval{.sival_int = phase}); }
  bool flag(const char* k) const { return kv.count(k) && kv.at(k) != "0"; }
};
