// wsload: load generator for WebSocket signaling servers, and (serve-relay) a minimal reference server.
// C++20, Linux, epoll, no third-party code. Build: make. Use: README.md beside this file.
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

// ------------------------------------------------------------------------------------------------ utilities
static inline u64 now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}
static volatile sig_atomic_t g_stop = 0;

[[noreturn]] static void die(const char* f, ...) {
  va_list a;
  va_start(a, f);
  fprintf(stderr, "wsload: ");
  vfprintf(stderr, f, a);
  fprintf(stderr, "\n");
  va_end(a);
  exit(2);
}
static string fmt(const char* f, ...) {
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
static ProcStat read_proc(const std::vector<int>& pids, bool pss) {
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
static double self_cpu() {
  rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)u.ru_utime.tv_sec + u.ru_utime.tv_usec / 1e6 + (double)u.ru_stime.tv_sec + u.ru_stime.tv_usec / 1e6;
}
static long tcp_mem_kb() {  // kernel socket buffers in use, whole machine, both ends
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

static const char HEXD[] = "0123456789abcdef";
static char HEX2[512];
static int8_t UNHEX[256];
static void init_hex() {
  for (int i = 0; i < 256; i++) { HEX2[2 * i] = HEXD[i >> 4]; HEX2[2 * i + 1] = HEXD[i & 15]; UNHEX[i] = -1; }
  for (int i = 0; i < 16; i++) UNHEX[(u8)HEXD[i]] = (int8_t)i;
}
static inline void put_hex(char* p, u64 v, int digits) {
  for (int i = digits - 2; i >= 0; i -= 2) { memcpy(p + i, HEX2 + 2 * (v & 255), 2); v >>= 8; }
}
static inline bool get_hex(const char* p, int digits, u64& out) {
  u64 v = 0;
  int bad = 0;
  for (int i = 0; i < digits; i++) { int d = UNHEX[(u8)p[i]]; bad |= d; v = v << 4 | (u64)(d & 15); }
  out = v;
  return bad >= 0;
}
static inline const char* find(const char* p, size_t n, string_view needle) {
  return (const char*)memmem(p, n, needle.data(), needle.size());
}

// ------------------------------------------------------------------------------------------------ options
enum Dialect { CHAINLESS, PEERJS, ECHO };
struct Opts {
  string cmd, url, host = "127.0.0.1", path = "/";
  int port = 0;
  Dialect dialect = CHAINLESS;
  std::map<string, string> kv;
  std::vector<int> pids;
  std::vector<string> headers;
  u32 mask = 0x37fa213d;
  bool mask_random = false;
  string prefix, label;
  string reg_marker, reg_extra;
  bool batch = true;
  string get(const char* k, const char* d) const { auto i = kv.find(k); return i == kv.end() ? d : i->second; }
  double num(const char* k, double d) const { auto i = kv.find(k); return i == kv.end() ? d : atof(i->second.c_str()); }
  long in(const char* k, long d) const { return (long)num(k, (double)d); }
  bool flag(const char* k) const { return kv.count(k) && kv.at(k) != "0"; }
};

// ------------------------------------------------------------------------------------------------ frames
// marker: "~~WL" pair(6) kind(2) seq(8) nanoseconds(16), hex digits
static constexpr char MARK[] = "~~WL";
static constexpr int MARK_LEN = 4 + 6 + 2 + 8 + 16;

static size_t put_header(char* h, size_t len, u32 mask, u8 op = 1) {
  size_t n;
  h[0] = (char)(0x80 | op);
  if (len < 126) { h[1] = (char)(0x80 | len); n = 2; }
  else if (len < 65536) { h[1] = (char)(0x80 | 126); h[2] = (char)(len >> 8); h[3] = (char)len; n = 4; }
  else { h[1] = (char)(0x80 | 127); for (int i = 0; i < 8; i++) h[2 + i] = (char)((u64)len >> (56 - 8 * i)); n = 10; }
  memcpy(h + n, &mask, 4);
  return n + 4;
}
static inline void mask_bytes(char* p, size_t n, u32 mask, size_t pos) {
  u8 m[4];
  memcpy(m, &mask, 4);
  for (size_t i = 0; i < n; i++) p[i] = (char)(p[i] ^ m[(pos + i) & 3]);
}
static string make_frame(string_view body, u32 mask, u8 op = 1) {
  char h[16];
  size_t n = put_header(h, body.size(), mask, op);
  string f(h, n);
  f.append(body);
  mask_bytes(f.data() + n, body.size(), mask, 0);
  return f;
}

// A masked frame whose marker is patched in place.
struct Template {
  string f;
  size_t hdr = 0, mk = 0;  // header length, marker offset in the body
  u64 xs = 0;              // the mask, rotated to the marker's variable part
  string body;             // unmasked (for checking what arrives)
  void build(const string& b, u32 mask, u32 pair, u32 kind) {
    body = b;
    const char* p = find(body.data(), body.size(), MARK);
    if (!p) die("no marker in template");
    mk = (size_t)(p - body.data());
    put_hex(body.data() + mk + 4, pair, 6);
    put_hex(body.data() + mk + 10, kind, 2);
    f = make_frame(body, mask);
    hdr = f.size() - body.size();
    u8 m[4], x[8];
    memcpy(m, &mask, 4);
    for (int i = 0; i < 8; i++) x[i] = m[(mk + 12 + (size_t)i) & 3];
    memcpy(&xs, x, 8);
  }
  inline void emit(char* dst, u32 seq, u64 ts) const {  // f.size() bytes
    memcpy(dst, f.data(), f.size());
    char t[24];
    put_hex(t, seq, 8);
    put_hex(t + 8, ts, 16);
    char* q = dst + hdr + mk + 12;
    for (int i = 0; i < 24; i += 8) { u64 v; memcpy(&v, t + i, 8); v ^= xs; memcpy(q + i, &v, 8); }
  }
};
struct Mark { u32 pair, kind, seq; u64 ts; };
static inline bool parse_mark(const char* p, Mark& m) {
  u64 a, b, c, d;
  if (!get_hex(p + 4, 6, a) || !get_hex(p + 10, 2, b) || !get_hex(p + 12, 8, c) || !get_hex(p + 20, 16, d)) return false;
  m.pair = (u32)a; m.kind = (u32)b; m.seq = (u32)c; m.ts = d;
  return true;
}

// SDP-like text of exactly n JSON bytes that holds the marker; line ends are the two-character escapes \r\n
static string sdp_payload(size_t n, bool plain) {
  static const char* lines[] = {
      "v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2", "a=msid-semantic: WMS stream",
      "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 103 104 9 0 8 106 105 13 110 112 113 126", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0",
      "a=ice-ufrag:4ZcD", "a=ice-pwd:2/1muCWoOi3uLifh0NuRHlZN", "a=ice-options:trickle",
      "a=fingerprint:sha-256 75:74:5A:A6:A4:E5:52:F4:A7:67:4C:01:C7:EE:91:3F:21:3D:A2:E3:53:7B:6F:30:86:F2:30:AA:65:FB:04:24",
      "a=setup:actpass", "a=mid:0", "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=sendrecv", "a=rtcp-mux",
      "a=rtpmap:111 opus/48000/2", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1", "a=rtpmap:63 red/48000/2",
      "a=ssrc:3570614608 cname:4TOk42mSjXCkVIa6", "a=candidate:1467250027 1 udp 2122260223 192.0.2.15 46243 typ host generation 0"};
  string s = "v=0";
  s += plain ? "  " : "\\r\\n";
  s += "s=";
  s += MARK;
  s.append(MARK_LEN - 4, '0');
  if (n < s.size()) n = s.size();
  for (size_t i = 0; s.size() < n; i++) {
    string l = plain ? "  " : "\\r\\n";
    l += lines[i % (sizeof lines / sizeof *lines)];
    if (s.size() + l.size() > n) { s.append(n - s.size(), 'x'); break; }
    s += l;
  }
  return s;
}
enum Kind { K_OFFER = 0, K_ANSWER = 1, K_CAND = 2 };
static string message(const Opts& o, Kind k, const string& to, const string& payload) {
  if (o.dialect == PEERJS) {
    static const char* T[] = {"OFFER", "ANSWER", "CANDIDATE"};
    string p = k == K_CAND ? "{\"candidate\":{\"candidate\":\"" + payload + "\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0},\"type\":\"media\",\"connectionId\":\"mc_1\"}"
                           : string("{\"sdp\":{\"type\":\"") + (k ? "answer" : "offer") + "\",\"sdp\":\"" + payload + "\"},\"type\":\"media\",\"connectionId\":\"mc_1\"}";
    return string("{\"type\":\"") + T[k] + "\",\"dst\":\"" + to + "\",\"payload\":" + p + "}";
  }
  if (k == K_CAND)
    return "{\"type\":\"ice-candidate\",\"to\":\"" + to + "\",\"candidate\":{\"candidate\":\"" + payload + "\",\"sdpMid\":\"0\",\"sdpMLineIndex\":0}}";
  const char* t = k == K_OFFER ? "offer" : "answer";
  return string("{\"type\":\"") + t + "\",\"to\":\"" + to + "\",\"" + t + "\":{\"type\":\"" + t + "\",\"sdp\":\"" + payload + "\"}}";
}

// ------------------------------------------------------------------------------------------------ engine
enum St : u8 { NONE, CONNECTING, HTTP, OPEN, REG };
struct Conn {
  int fd = -1;
  u32 gen = 0, idx = 0, moff = 0;
  St st = NONE;
  bool want_out = false, in_flight = false;
  u8 fragop = 0;
  u64 t0 = 0, tq = 0;  // connect start, time of the register frame
  string in, out, frag, id;
  size_t outoff = 0;
};
struct Scen {
  virtual ~Scen() {}
  virtual void registered(Conn&) {}
  virtual void msg(Conn&, char*, size_t) {}
  virtual void pinged(Conn&) {}  // and it was answered
  virtual void closed(Conn&, const char*) {}
};

struct Engine {
  Opts& o;
  Scen* sc = nullptr;
  int ep;
  std::vector<Conn> c;
  std::vector<char> rb;
  sockaddr_in dst{};
  u64 tnow = 0;
  // connecting
  std::deque<u32> todo;
  long inflight = 0, max_inflight = 256, connected = 0;
  double rate = 0;
  u64 pump_start = 0;
  long pump_count = 0;
  bool auto_register = true;
  long nreg = 0, nopen = 0, errors = 0, refused = 0, unexpected_close = 0, proto_err = 0;
  int nsrc = 4;
  bool expect_close = false;
  Hist h_conn, h_reg;
  string req_tail, ping_frame;
  u64 rx_frames = 0, rx_bytes = 0, tx_bytes = 0;
  string first_error;

  Engine(Opts& oo) : o(oo) {
    ep = epoll_create1(EPOLL_CLOEXEC);
    rb.resize(512 * 1024);
    dst.sin_family = AF_INET;
    dst.sin_port = htons((uint16_t)o.port);
    if (inet_pton(AF_INET, o.host.c_str(), &dst.sin_addr) != 1) die("the URL's host must be an IPv4 address: %s", o.host.c_str());
    if ((ntohl(dst.sin_addr.s_addr) >> 24) != 127) die("loopback only: %s", o.host.c_str());
    req_tail = " HTTP/1.1\r\nHost: " + o.host + ":" + std::to_string(o.port) +
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    for (auto& h : o.headers) req_tail += h + "\r\n";
    req_tail += "\r\n";
  }
  void alloc(size_t n, const std::function<string(u32)>& id = nullptr) {
    rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_max < n + 64) { rlimit q{n + 256, n + 256}; setrlimit(RLIMIT_NOFILE, &q); getrlimit(RLIMIT_NOFILE, &r); }
    if (r.rlim_cur < r.rlim_max) { r.rlim_cur = r.rlim_max; setrlimit(RLIMIT_NOFILE, &r); getrlimit(RLIMIT_NOFILE, &r); }
    if (r.rlim_cur < n + 16) die("RLIMIT_NOFILE is %lu and cannot be raised: at most %lu connections from one process (run several, each with its own --id-prefix)", (unsigned long)r.rlim_cur, (unsigned long)r.rlim_cur - 16);
    c.resize(n);
    for (size_t i = 0; i < n; i++) { c[i].idx = (u32)i; c[i].id = id ? id((u32)i) : o.prefix + fmt("%06x", (unsigned)i); }
    nsrc = (int)o.in("sources", (long)std::max<size_t>(4, n / 4000 + 1));
  }
  void fail(Conn& k, const char* why) {
    if (first_error.empty()) first_error = why;
    St was = k.st;
    close_conn(k);
    if (expect_close) return;
    if (was < OPEN) errors++;
    else unexpected_close++;
    if (sc) sc->closed(k, why);
  }
  void close_conn(Conn& k, bool rst = false) {
    if (k.fd < 0) return;
    if (k.in_flight) { k.in_flight = false; inflight--; }
    if (k.st == REG) nreg--;
    if (k.st >= OPEN) nopen--;
    if (rst) { linger l{1, 0}; setsockopt(k.fd, SOL_SOCKET, SO_LINGER, &l, sizeof l); }
    ::close(k.fd);
    k.fd = -1;
    k.gen++;
    k.st = NONE;
    k.in.clear(); k.out.clear(); k.outoff = 0; k.frag.clear(); k.fragop = 0; k.want_out = false;
  }
  void arm(Conn& k, bool out) {
    if (k.want_out == out) return;
    k.want_out = out;
    epoll_event e{};
    e.events = EPOLLIN | (out ? (u32)EPOLLOUT : 0u);
    e.data.u64 = (u64)k.gen << 32 | k.idx;
    epoll_ctl(ep, EPOLL_CTL_MOD, k.fd, &e);
  }
  void start(Conn& k) {
    if (!k.in_flight) { k.in_flight = true; inflight++; }
    k.t0 = now_ns();
    k.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (k.fd < 0) { k.in_flight = false; inflight--; errors++; if (first_error.empty()) first_error = strerror(errno); return; }
    int one = 1;
    setsockopt(k.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(k.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    sockaddr_in s{};
    s.sin_family = AF_INET;
    s.sin_addr.s_addr = htonl(0x7f000002u + (u32)(k.idx % (u32)nsrc));
    bind(k.fd, (sockaddr*)&s, sizeof s);
    k.st = CONNECTING;
    int r = connect(k.fd, (sockaddr*)&dst, sizeof dst);
    epoll_event e{};
    e.events = EPOLLIN | EPOLLOUT;
    e.data.u64 = (u64)k.gen << 32 | k.idx;
    k.want_out = true;
    if (r < 0 && errno != EINPROGRESS) { refused++; fail(k, strerror(errno)); return; }
    epoll_ctl(ep, EPOLL_CTL_ADD, k.fd, &e);
  }
  void pump() {
    if (todo.empty()) return;
    if (!pump_start) { pump_start = now_ns(); pump_count = 0; }
    long allow = 64;
    if (rate > 0) allow = (long)((double)(now_ns() - pump_start) * rate / 1e9) + 1 - pump_count;
    while (!todo.empty() && inflight < max_inflight && allow-- > 0) {
      u32 i = todo.front();
      todo.pop_front();
      pump_count++;
      start(c[i]);
    }
  }
  // raw bytes, already framed
  void send_raw(Conn& k, const char* p, size_t n) {
    if (k.fd < 0) return;
    tx_bytes += n;
    if (!k.out.empty()) { k.out.append(p, n); return; }
    while (n) {
      ssize_t w = ::send(k.fd, p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (w < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) { k.out.assign(p, n); k.outoff = 0; arm(k, true); return; }
        k.out.assign(p, n); k.outoff = 0; arm(k, true);  // the error surfaces on the next event
        return;
      }
      p += w;
      n -= (size_t)w;
    }
  }
  void send_text(Conn& k, string_view body, u8 op = 1) { string f = make_frame(body, o.mask, op); send_raw(k, f.data(), f.size()); }
  void flush(Conn& k) {
    while (k.outoff < k.out.size()) {
      ssize_t w = ::send(k.fd, k.out.data() + k.outoff, k.out.size() - k.outoff, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (w < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) return;
        fail(k, strerror(errno));
        return;
      }
      k.outoff += (size_t)w;
    }
    k.out.clear();
    k.outoff = 0;
    arm(k, false);
  }
  void send_register(Conn& k) {
    k.tq = now_ns();
    send_text(k, "{\"type\":\"register\",\"peerId\":\"" + k.id + "\",\"deviceType\":\"desktop\",\"deviceInfo\":{\"name\":\"wsload\",\"platform\":\"linux\",\"version\":\"1.0.0\"}" + o.reg_extra + "}");
  }
  void now_registered(Conn& k) {
    k.st = REG;
    nreg++;
    if (k.in_flight) { k.in_flight = false; inflight--; }
    if (sc) sc->registered(k);
  }
  void upgraded(Conn& k) {
    k.st = OPEN;
    nopen++;
    h_conn.add(tnow - k.t0);
    if (o.dialect == ECHO) { now_registered(k); return; }
    if (!auto_register && o.dialect == CHAINLESS) { if (k.in_flight) { k.in_flight = false; inflight--; } return; }
    if (o.dialect == CHAINLESS) send_register(k);
    else k.tq = k.t0;
  }
  inline void frame(Conn& k, char* p, size_t n) {
    rx_frames++;
    if (__builtin_expect(k.st == OPEN, 0) && find(p, n, o.reg_marker)) { h_reg.add(tnow - k.t0); now_registered(k); return; }
    if (sc) sc->msg(k, p, n);
  }
  size_t consume(Conn& k, char* p, size_t n) {
    size_t off = 0;
    if (k.st == HTTP) {
      const char* e = find(p, n, "\r\n\r\n");
      if (!e) { if (n > 16384) { fail(k, "HTTP response head too long"); } return k.fd < 0 ? n : 0; }
      size_t head = (size_t)(e - p) + 4;
      if (n < 12 || memcmp(p, "HTTP/1.1 101", 12)) { static string why; why = "not upgraded: " + string(p, std::min<size_t>(n, 40)); why.resize(std::min(why.find('\r'), why.size())); fail(k, why.c_str()); return n; }
      if (!find(p, head, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) { fail(k, "wrong Sec-WebSocket-Accept"); return n; }
      off = head;
      u32 g = k.gen;
      upgraded(k);
      if (k.gen != g) return n;
    }
    u32 g = k.gen;
    while (n - off >= 2) {
      u8 b0 = (u8)p[off], b1 = (u8)p[off + 1];
      size_t h = 2;
      u64 len = b1 & 127;
      if (len == 126) { if (n - off < 4) break; len = (u64)(u8)p[off + 2] << 8 | (u8)p[off + 3]; h = 4; }
      else if (len == 127) { if (n - off < 10) break; len = 0; for (int i = 0; i < 8; i++) len = len << 8 | (u8)p[off + 2 + i]; h = 10; }
      if ((b1 & 0x80) || (b0 & 0x70) || len > (1ull << 30)) { proto_err++; fail(k, "protocol error in a server frame"); return n; }
      if (n - off < h + len) break;
      char* q = p + off + h;
      off += h + len;
      u8 op = b0 & 15;
      if (op <= 2) {
        if (op == 0 ? !k.fragop : k.fragop != 0) { proto_err++; fail(k, "bad continuation"); return n; }
        if ((b0 & 0x80) && op) frame(k, q, len);
        else {
          if (op) k.fragop = op;
          k.frag.append(q, len);
          if (b0 & 0x80) { string m; m.swap(k.frag); k.fragop = 0; frame(k, m.data(), m.size()); }
        }
      } else if (op == 9) { send_text(k, string_view(q, len), 10); if (sc) sc->pinged(k); }
      else if (op == 8) {
        send_text(k, string_view(q, std::min<size_t>(len, 2)), 8);
        static string why;
        why = len >= 2 ? fmt("closed by the server, code %d %.*s", (u8)q[0] << 8 | (u8)q[1], (int)std::min<size_t>(len - 2, 60), q + 2) : "closed by the server";
        fail(k, why.c_str());
        return n;
      } else if (op != 10) { proto_err++; fail(k, "unknown opcode"); return n; }
      if (k.gen != g) return n;
    }
    return off;
  }
  void readable(Conn& k) {
    size_t have = k.in.size();
    if (rb.size() < have + 256 * 1024) rb.resize(have + 512 * 1024);
    if (have) memcpy(rb.data(), k.in.data(), have);
    ssize_t r = recv(k.fd, rb.data() + have, rb.size() - have, 0);
    if (r < 0) { if (errno == EAGAIN || errno == EINTR) return; fail(k, strerror(errno)); return; }
    if (r == 0) { fail(k, "connection closed by the server"); return; }
    tnow = now_ns();
    rx_bytes += (u64)r;
    size_t tot = have + (size_t)r;
    u32 g = k.gen;
    size_t used = consume(k, rb.data(), tot);
    if (k.gen != g) return;
    if (used < tot) { if (used == 0 && have) k.in.append(rb.data() + have, (size_t)r); else k.in.assign(rb.data() + used, tot - used); }
    else if (have) k.in.clear();
  }
  int poll(long long timeout_ns) {
    pump();
    if (!todo.empty() && rate > 0 && inflight < max_inflight) timeout_ns = std::min(timeout_ns, (long long)1000000);
    epoll_event ev[512];
    timespec ts{(time_t)(timeout_ns / 1000000000), (long)(timeout_ns % 1000000000)};
    int n = epoll_pwait2(ep, ev, 512, &ts, nullptr);
    tnow = now_ns();
    for (int i = 0; i < n; i++) {
      Conn& k = c[(u32)ev[i].data.u64];
      u32 g = (u32)(ev[i].data.u64 >> 32);
      if (k.fd < 0 || k.gen != g) continue;
      u32 e = ev[i].events;
      if (k.st == CONNECTING) {
        int err = 0;
        socklen_t l = sizeof err;
        getsockopt(k.fd, SOL_SOCKET, SO_ERROR, &err, &l);
        if (err) { refused++; fail(k, strerror(err)); continue; }
        if (!(e & EPOLLOUT)) continue;
        k.st = HTTP;
        connected++;
        string path = o.path;
        if (o.dialect == PEERJS) path += (path.find('?') == string::npos ? "?" : "&") + ("key=" + o.get("peerjs-key", "peerjs") + "&id=" + k.id + "&token=t" + k.id + "&version=1.5.4");
        string r = "GET " + path + req_tail;
        arm(k, false);
        send_raw(k, r.data(), r.size());
        continue;
      }
      if (e & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(k);
      if (k.gen == g && (e & EPOLLOUT)) flush(k);
    }
    pump();
    return n;
  }
  // connect (and register) all in list; false if some failed or time ran out
  bool connect_all(const std::vector<u32>& list, double timeout_s, bool want_reg = true) {
    for (u32 i : list) todo.push_back(i);
    pump_start = 0;
    u64 end = now_ns() + (u64)(timeout_s * 1e9);
    long e0 = errors + unexpected_close;
    auto done = [&] {
      if (!todo.empty() || inflight) return false;
      if (want_reg) return true;
      return true;
    };
    while (!done() && now_ns() < end && !g_stop) poll(20000000);
    bool ok = done() && errors + unexpected_close == e0;
    for (u32 i : list) if (c[i].st < (want_reg && (auto_register || o.dialect != CHAINLESS) ? REG : OPEN)) ok = false;
    return ok;
  }
  void run_for(double s) {
    u64 end = now_ns() + (u64)(s * 1e9);
    while (!g_stop) { u64 t = now_ns(); if (t >= end) break; poll((long long)std::min<u64>(end - t, 50000000)); }
  }
  void heartbeats() { if (o.dialect == PEERJS) for (auto& k : c) if (k.st == REG) send_text(k, "{\"type\":\"HEARTBEAT\"}"); }
};

static Json base_json(const Opts& o) {
  Json j;
  j.str("scenario", o.cmd).str("label", o.label).str("dialect", o.dialect == CHAINLESS ? "chainless" : o.dialect == PEERJS ? "peerjs" : "echo");
  double la[3] = {0, 0, 0};
  if (getloadavg(la, 3) < 1) la[0] = -1;
  j.d("load1", la[0], 2);
  return j;
}
static std::vector<u32> range(u32 a, u32 b) { std::vector<u32> v; for (u32 i = a; i < b; i++) v.push_back(i); return v; }
static void setup_failed(Engine& e, const char* what) {
  fprintf(stderr, "wsload: %s: registered %ld, open %ld, errors %ld, closed %ld; first: %s\n", what, e.nreg, e.nopen, e.errors, e.unexpected_close, e.first_error.c_str());
}

// ------------------------------------------------------------------------------------------------ idle
static int run_idle(Opts& o) {
  u32 n = (u32)o.in("connections", 1000);
  bool noreg = o.flag("no-register");
  Engine e(o);
  e.alloc(n);
  struct S : Scen { u64 other = 0; void msg(Conn&, char*, size_t) override { other++; } } sc;
  e.sc = &sc;
  e.rate = o.num("rate", 0);
  e.max_inflight = o.in("inflight", 256);
  e.auto_register = !noreg;
  ProcStat a = read_proc(o.pids, true);
  long k0 = tcp_mem_kb();
  u64 t0 = now_ns();
  bool ok = e.connect_all(range(0, n), o.num("timeout", 50));
  double ramp = (double)(now_ns() - t0) / 1e9;
  ProcStat m = read_proc(o.pids, true);
  long up = noreg ? e.nopen : e.nreg;
  u64 notif_ramp = sc.other;
  e.run_for(o.num("settle", 2));
  ProcStat h0 = read_proc(o.pids, true);
  double gc0 = self_cpu();
  u64 th = now_ns();
  double hold = o.num("hold", 5);
  for (double left = hold; left > 0 && !g_stop;) { double s = std::min(left, 20.0); e.run_for(s); left -= s; if (left > 0) e.heartbeats(); }
  double heldfor = (double)(now_ns() - th) / 1e9;
  ProcStat h1 = read_proc(o.pids, true);
  long still = noreg ? e.nopen : e.nreg;
  double per_rss = up ? (double)(h1.rss_kb - a.rss_kb) * 1024.0 / (double)up : 0, per_pss = up ? (double)(h1.pss_kb - a.pss_kb) * 1024.0 / (double)up : 0;
  long k1 = tcp_mem_kb();
  Hist& h = noreg ? e.h_conn : e.h_reg;
  bool good = ok && still == (long)n && !e.errors && !e.unexpected_close;
  printf("idle %u connections%s: up %ld in %.2f s (%.0f/s), connect%s p50 %.2f ms p99 %.2f ms; server %+.0f B RSS %+.0f B PSS per connection (RSS %.1f -> %.1f MB, peak seen %.1f), ramp CPU %.2f s, idle CPU %.2f %%; presence frames %llu%s\n",
         n, noreg ? " (not registered)" : "", up, ramp, (double)up / ramp, noreg ? "" : "+register", h.us(.5) / 1e3, h.us(.99) / 1e3, per_rss, per_pss, a.rss_kb / 1024.0, h1.rss_kb / 1024.0,
         std::max({m.rss_kb, h0.rss_kb, h1.rss_kb}) / 1024.0, m.cpu - a.cpu, heldfor > 0 ? 100 * (h1.cpu - h0.cpu) / heldfor : 0, (unsigned long long)sc.other, good ? "" : "  ** FAILED **");
  if (!good) setup_failed(e, "idle");
  Json j = base_json(o);
  j.i("connections", n).b("registered", !noreg).i("up", up).i("still_up", still).d("ramp_s", ramp).d("conn_per_s", (double)up / ramp, 0).d("p50_ms", h.us(.5) / 1e3).d("p99_ms", h.us(.99) / 1e3).d("max_ms", h.maxus() / 1e3)
      .d("rss_per_conn_b", per_rss, 0).d("pss_per_conn_b", per_pss, 0).i("rss_before_kb", a.rss_kb).i("rss_ramped_kb", m.rss_kb).i("rss_settled_kb", h0.rss_kb).i("rss_after_kb", h1.rss_kb).i("pss_after_kb", h1.pss_kb)
      .i("threads", h1.threads).d("ramp_cpu_s", m.cpu - a.cpu, 2).d("idle_cpu_pct", heldfor > 0 ? 100 * (h1.cpu - h0.cpu) / heldfor : 0).d("hold_s", heldfor, 1).i("kernel_tcp_mem_delta_kb", k1 - k0)
      .i("presence_frames_ramp", (long long)notif_ramp).i("presence_frames", (long long)sc.other).d("gen_idle_cpu_pct", heldfor > 0 ? 100 * (self_cpu() - gc0) / heldfor : 0)
      .i("errors", e.errors).i("closed", e.unexpected_close).str("first_error", e.first_error).b("ok", good);
  j.print();
  e.expect_close = true;
  bool rst = o.get("drop", "rst") == "rst";
  for (auto& k : e.c) e.close_conn(k, rst);
  return good ? 0 : 1;
}

// ------------------------------------------------------------------------------------------------ relay
struct Relay : Scen {
  Engine& e;
  Opts& o;
  u32 P;
  long W;
  bool closed_loop, echo;
  struct Pair { Template t; u32 next = 0, expect = 0; u32 due = 0; bool listed = false; std::unordered_set<u32> missing; bool from_ok = false; };
  std::vector<Pair> p;
  std::vector<u32> ready;
  std::vector<char> scratch;
  Hist lat, lag;
  u64 sent = 0, recvd = 0, dup = 0, reordered = 0, misrouted = 0, altered = 0, bounced = 0, server_errors = 0, other = 0, from_missing = 0, in_window = 0;
  u64 ms = ~0ull, me = ~0ull;  // measuring window
  u64 last_rx = 0;
  bool sending = true;
  string first_odd;
  Relay(Engine& ee, Opts& oo) : e(ee), o(oo) {}
  u32 sender(u32 i) { return echo ? i : 2 * i; }
  void build(size_t bytes) {
    p.resize(P);
    string pl = sdp_payload(bytes, o.get("filler", "sdp") == "plain");
    for (u32 i = 0; i < P; i++) p[i].t.build(message(o, K_OFFER, e.c[echo ? i : 2 * i + 1].id, pl), o.mask, i, 0);
    scratch.resize(std::max<size_t>(256 * 1024, p[0].t.f.size() * 2));
  }
  void emit(u32 i, u32 k, u64 ts) {  // k messages of pair i
    Pair& q = p[i];
    Conn& s = e.c[sender(i)];
    size_t fl = q.t.f.size(), fill = 0;
    while (k--) {
      if (fill + fl > scratch.size()) { e.send_raw(s, scratch.data(), fill); fill = 0; }
      q.t.emit(scratch.data() + fill, q.next++, ts);
      fill += fl;
      sent++;
      if (!o.batch) { e.send_raw(s, scratch.data(), fill); fill = 0; }
    }
    if (fill) e.send_raw(s, scratch.data(), fill);
  }
  void odd(Conn& k, const char* b, size_t n, const char* what) {
    if (first_odd.empty()) { first_odd = string(what) + " at " + k.id + ": " + string(b, std::min<size_t>(n, 160)); fprintf(stderr, "wsload: %s\n", first_odd.c_str()); }
  }
  void slow(Conn& k, char* b, size_t n) {
    if (find(b, n, "peer-offline")) { bounced++; odd(k, b, n, "bounced"); }
    else if (find(b, n, "\"error\"") || find(b, n, "\"ERROR\"") || find(b, n, "\"EXPIRE\"") || find(b, n, "\"LEAVE\"")) { server_errors++; odd(k, b, n, "server error"); }
    else other++;
  }
  void msg(Conn& k, char* b, size_t n) override {
    size_t mo = k.moff;
    if (!(mo + MARK_LEN <= n && !memcmp(b + mo, MARK, 4))) {
      const char* f = find(b, n, MARK);
      if (!f || (size_t)(f - b) + MARK_LEN > n) { slow(k, b, n); return; }
      mo = (size_t)(f - b);
      k.moff = (u32)mo;
    }
    Mark m;
    if (!parse_mark(b + mo, m) || m.pair >= P) { altered++; odd(k, b, n, "marker damaged"); return; }
    if (k.idx != (echo ? m.pair : 2 * m.pair + 1)) { misrouted++; odd(k, b, n, "misrouted"); return; }
    Pair& q = p[m.pair];
    // everything after the marker must be there, byte for byte, up to the end of the SDP
    size_t tail = q.t.mk + MARK_LEN, len = q.t.body.size() - tail, cmp = len;
    if (!echo) { cmp = sdp_len - MARK_LEN; }
    if (n - mo - MARK_LEN < cmp || memcmp(b + mo + MARK_LEN, q.t.body.data() + tail, cmp)) { altered++; odd(k, b, n, "payload altered"); }
    if (!q.from_ok) {
      q.from_ok = true;
      if (!echo) {
        string want = string(o.dialect == PEERJS ? "\"src\":\"" : "\"from\":\"") + e.c[2 * m.pair].id + "\"";
        if (!find(b, n, want)) { from_missing++; odd(k, b, n, "no from"); }
      }
    }
    if (m.seq == q.expect) q.expect++;
    else if (m.seq > q.expect) {
      for (u32 s = q.expect; s < m.seq && q.missing.size() < 4000000; s++) q.missing.insert(s);
      q.expect = m.seq + 1;
      odd(k, b, n, "gap in the sequence");
    } else {
      auto it = q.missing.find(m.seq);
      if (it == q.missing.end()) { dup++; odd(k, b, n, "duplicate"); return; }
      q.missing.erase(it);
      reordered++;
    }
    recvd++;
    last_rx = e.tnow;
    if (closed_loop) {
      if (e.tnow >= ms && e.tnow < me) { in_window++; lat.add(e.tnow - m.ts); }
      if (sending) { q.due++; if (!q.listed) { q.listed = true; ready.push_back(m.pair); } }
    } else {
      if (e.tnow >= ms && e.tnow < me) in_window++;
      if (m.ts >= ms && m.ts < me) lat.add(e.tnow > m.ts ? e.tnow - m.ts : 0);
    }
  }
  size_t sdp_len = 0;
};

static int run_relay(Opts& o) {
  Engine e(o);
  Relay r(e, o);
  r.P = (u32)o.in("pairs", 50);
  r.W = o.in("window", 1);
  double R = o.num("rate", 0);
  r.closed_loop = R <= 0;
  r.echo = o.dialect == ECHO;
  size_t size = (size_t)o.in("size", 200);
  double warm = o.num("warmup", 2), secs = o.num("seconds", 5), drain = o.num("drain", 5);
  bool poisson = o.flag("poisson"), spin = o.flag("spin");
  e.alloc(r.echo ? r.P : 2 * r.P);
  e.sc = &r;
  if (!e.connect_all(range(0, (u32)e.c.size()), o.num("timeout", 20))) { setup_failed(e, "relay setup"); return 2; }
  e.run_for(0.3);
  r.build(size);
  {
    string pl = sdp_payload(size, o.get("filler", "sdp") == "plain");
    size_t at = pl.find(MARK);
    r.sdp_len = pl.size() - at;
  }
  prctl(PR_SET_TIMERSLACK, 1000);
  u64 t0 = now_ns(), ms = t0 + (u64)(warm * 1e9), me = ms + (u64)(secs * 1e9);
  r.ms = ms; r.me = me;
  ProcStat a, b;
  double ga = 0, gb = 0;
  u64 ta = 0, tb = 0, wa = 0, wb = 0;
  bool started = false, ended = false, overloaded = false;
  u64 sched_i = 0;
  double next = (double)t0, step = R > 0 ? 1e9 / R : 0;
  u64 rng = 0x9E3779B97F4A7C15ull;
  auto rnd = [&] { rng ^= rng << 13; rng ^= rng >> 7; rng ^= rng << 17; return ((double)(rng >> 11) + 1) / 9007199254740993.0; };
  if (r.closed_loop) for (u32 i = 0; i < r.P; i++) r.emit(i, (u32)r.W, now_ns());
  while (!g_stop) {
    u64 t = now_ns();
    if (!started && t >= ms) { started = true; a = read_proc(o.pids, false); ga = self_cpu(); ta = now_ns(); wa = r.recvd; }
    if (!ended && t >= me) { ended = true; b = read_proc(o.pids, true); gb = self_cpu(); tb = now_ns(); wb = r.recvd; r.sending = false; r.ready.clear(); }
    if (ended && (r.recvd + r.bounced >= r.sent || t > std::max(me, r.last_rx) + (u64)(drain * 1e9))) break;
    if (e.unexpected_close) break;
    long long to = 10000000;
    if (!r.closed_loop && !ended) {
      int burst = 0;
      while (next <= (double)t && burst++ < 4096) {
        u32 i = (u32)(sched_i++ % r.P);
        if (r.e.c[r.sender(i)].out.size() > (64u << 20)) { overloaded = true; }
        else { r.emit(i, 1, (u64)next); if (next >= (double)ms) r.lag.add(t - (u64)next); }
        next += poisson ? -log(rnd()) * step : step;
      }
      if (overloaded) { fprintf(stderr, "wsload: the server does not read: 64 MB wait for one connection\n"); break; }
      double left = next - (double)now_ns();
      to = left > 0 ? (long long)left : 0;
      if (spin) to = 0;
    }
    u64 edge = !started ? ms : !ended ? me : 0;
    if (edge) { u64 n2 = now_ns(); to = std::min(to, edge > n2 ? (long long)(edge - n2) : 0ll); }
    e.poll(to);
    if (!r.ready.empty()) {
      u64 ts = now_ns();
      for (u32 i : r.ready) { auto& q = r.p[i]; u32 k = q.due; q.due = 0; q.listed = false; r.emit(i, k, ts); }
      r.ready.clear();
    }
  }
  double win = (double)(tb - ta) / 1e9;
  u64 got = wb - wa;
  double rate = win > 0 ? (double)got / win : 0;
  long long lost = (long long)r.sent - (long long)r.recvd;
  double cpu_m = got ? (b.cpu - a.cpu) * 1e6 / (double)got : 0;
  bool bad = lost || r.dup || r.misrouted || (r.altered && !o.flag("allow-altered")) || r.bounced || r.server_errors || r.from_missing || e.unexpected_close || e.proto_err || overloaded || (r.reordered && !o.flag("allow-reorder")) || !ended;
  double gen_pct = win > 0 ? 100 * (gb - ga) / win : 0;
  printf("relay %u pairs, %s, %zu B: %.0f msg/s, p50 %.1f p90 %.1f p99 %.1f p99.9 %.1f max %.1f us, %.2f server CPU-s/M (%.0f %% CPU), generator %.0f %% CPU, lost %lld dup %llu reordered %llu%s\n", r.P,
         r.closed_loop ? fmt("window %ld", r.W).c_str() : fmt("open loop %.0f/s", R).c_str(), size, rate, r.lat.us(.5), r.lat.us(.9), r.lat.us(.99), r.lat.us(.999), r.lat.maxus(), cpu_m, win > 0 ? 100 * (b.cpu - a.cpu) / win : 0, gen_pct, lost,
         (unsigned long long)r.dup, (unsigned long long)r.reordered, bad ? "  ** FAILED **" : "");
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  Json j = base_json(o);
  j.i("pairs", r.P).i("window", r.closed_loop ? r.W : 0).d("rate", R, 0).i("size", (long)size).i("frame", (long)r.p[0].t.body.size()).d("seconds", win).d("msg_per_s", rate, 0).d("p50_us", r.lat.us(.5), 1).d("p90_us", r.lat.us(.9), 1).d("p99_us", r.lat.us(.99), 1)
      .d("p999_us", r.lat.us(.999), 1).d("max_us", r.lat.maxus(), 1).d("cpu_s_per_m", cpu_m).d("server_cpu_pct", win > 0 ? 100 * (b.cpu - a.cpu) / win : 0, 1).d("gen_cpu_pct", gen_pct, 1).b("gen_bound", gen_pct > 95).d("sched_lag_p99_us", r.lag.us(.99), 1)
      .i("rss_after_kb", b.rss_kb).i("threads", b.threads).i("sent", (long long)r.sent).i("received", (long long)r.recvd).i("lost", lost).i("dup", (long long)r.dup).i("reordered", (long long)r.reordered).i("misrouted", (long long)r.misrouted)
      .i("altered", (long long)r.altered).i("bounced", (long long)r.bounced).i("server_errors", (long long)r.server_errors).i("from_missing", (long long)r.from_missing).i("other_frames", (long long)r.other).i("closed", e.unexpected_close).str("first_odd", r.first_odd).b("ok", !bad);
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, true);
  return bad ? 1 : 0;
}

// ------------------------------------------------------------------------------------------------ handshake
struct Handshake : Scen {
  Engine& e;
  Opts& o;
  u32 P;
  int ncand;
  bool loop = true;
  struct Pair { Template offer, answer, ca, cb; u32 seq = 0; u32 ga = 0, gb = 0; bool offer_seen = false, answer_seen = false; u64 ts = 0; bool idle = true; };
  std::vector<Pair> p;
  Hist lat, setup;
  u64 ms = ~0ull, me = ~0ull, calls = 0, all = 0, bad_msgs = 0, other = 0, msgs = 0;
  std::vector<char> buf;
  std::vector<std::pair<u32, u8>> todo;  // what to send after this poll: pair, 0 = new call, 1 = answer
  string first_odd;
  Handshake(Engine& ee, Opts& oo) : e(ee), o(oo) { buf.resize(1 << 20); }
  void put(Conn& s, Template& t, u32 seq, u64 ts, size_t& fill) {
    if (fill + t.f.size() > buf.size()) { e.send_raw(s, buf.data(), fill); fill = 0; }
    t.emit(buf.data() + fill, seq, ts);
    fill += t.f.size();
    if (!o.batch) { e.send_raw(s, buf.data(), fill); fill = 0; }
  }
  void start(u32 i) {
    Pair& q = p[i];
    q.seq++; q.ga = q.gb = 0; q.offer_seen = q.answer_seen = false; q.idle = false;
    q.ts = now_ns();
    size_t fill = 0;
    Conn& s = e.c[2 * i];
    put(s, q.offer, q.seq, q.ts, fill);
    for (int n = 0; n < ncand; n++) put(s, q.ca, q.seq, (u64)n, fill);
    if (fill) e.send_raw(s, buf.data(), fill);
  }
  void answer(u32 i) {
    Pair& q = p[i];
    size_t fill = 0;
    Conn& s = e.c[2 * i + 1];
    put(s, q.answer, q.seq, q.ts, fill);
    for (int n = 0; n < ncand; n++) put(s, q.cb, q.seq, (u64)n, fill);
    if (fill) e.send_raw(s, buf.data(), fill);
  }
  void odd(Conn& k, char* b, size_t n) { bad_msgs++; if (first_odd.empty()) { first_odd = k.id + ": " + string(b, std::min<size_t>(n, 160)); fprintf(stderr, "wsload: odd message at %s\n", first_odd.c_str()); } }
  void msg(Conn& k, char* b, size_t n) override {
    const char* f = find(b, n, MARK);
    Mark m;
    if (!f) { if (find(b, n, "peer-offline") || find(b, n, "\"error\"") || find(b, n, "EXPIRE")) odd(k, b, n); else other++; return; }
    if ((size_t)(f - b) + MARK_LEN > n || !parse_mark(f, m) || m.pair >= P) { odd(k, b, n); return; }
    Pair& q = p[m.pair];
    bool atA = k.idx == 2 * m.pair, atB = k.idx == 2 * m.pair + 1;
    if (m.seq != q.seq || q.idle || (!atA && !atB)) { odd(k, b, n); return; }
    msgs++;
    if (atB) {
      if (m.kind == 0) { if (q.offer_seen) odd(k, b, n); q.offer_seen = true; todo.push_back({m.pair, 1}); }
      else if (m.kind == 2 && m.ts < 32) { if (!q.offer_seen || (q.gb >> m.ts & 1) || m.ts != (u64)__builtin_popcount(q.gb)) odd(k, b, n); q.gb |= 1u << m.ts; }
      else odd(k, b, n);
    } else {
      if (m.kind == 1) { if (q.answer_seen) odd(k, b, n); q.answer_seen = true; setup.add(e.tnow - q.ts); }
      else if (m.kind == 3 && m.ts < 32) { if (!q.answer_seen || (q.ga >> m.ts & 1) || m.ts != (u64)__builtin_popcount(q.ga)) odd(k, b, n); q.ga |= 1u << m.ts; }
      else odd(k, b, n);
    }
    u32 full = (u32)((1ull << ncand) - 1);
    if (q.offer_seen && q.answer_seen && q.ga == full && q.gb == full) {
      q.idle = true;
      all++;
      if (e.tnow >= ms && e.tnow < me) { calls++; lat.add(e.tnow - q.ts); }
      if (loop) todo.push_back({m.pair, 0});
    }
  }
};
static int run_handshake(Opts& o) {
  if (o.dialect == ECHO) die("handshake needs --dialect chainless or peerjs");
  if (!o.kv.count("batch")) o.batch = false;  // candidates trickle: one send() each
  Engine e(o);
  Handshake h(e, o);
  h.P = (u32)o.in("pairs", 50);
  h.ncand = (int)o.in("candidates", 10);
  if (h.ncand < 0 || h.ncand > 31) die("--candidates 0..31");
  double warm = o.num("warmup", 2), secs = o.num("seconds", 5);
  e.alloc(2 * h.P);
  e.sc = &h;
  if (!e.connect_all(range(0, 2 * h.P), o.num("timeout", 20))) { setup_failed(e, "handshake setup"); return 2; }
  e.run_for(0.3);
  h.p.resize(h.P);
  string po = sdp_payload((size_t)o.in("offer-size", 4096), false), pa = sdp_payload((size_t)o.in("answer-size", 3072), false), pc = sdp_payload((size_t)o.in("candidate-size", 150), true);
  for (u32 i = 0; i < h.P; i++) {
    h.p[i].offer.build(message(o, K_OFFER, e.c[2 * i + 1].id, po), o.mask, i, 0);
    h.p[i].answer.build(message(o, K_ANSWER, e.c[2 * i].id, pa), o.mask, i, 1);
    h.p[i].ca.build(message(o, K_CAND, e.c[2 * i + 1].id, pc), o.mask, i, 2);
    h.p[i].cb.build(message(o, K_CAND, e.c[2 * i].id, pc), o.mask, i, 3);
  }
  u64 t0 = now_ns();
  h.ms = t0 + (u64)(warm * 1e9);
  h.me = h.ms + (u64)(secs * 1e9);
  for (u32 i = 0; i < h.P; i++) h.start(i);
  ProcStat a, b;
  double ga = 0, gb = 0;
  bool started = false, ended = false;
  u64 m0 = 0, m1 = 0, ta = 0, tb = 0;
  while (!g_stop) {
    u64 t = now_ns();
    if (!started && t >= h.ms) { started = true; a = read_proc(o.pids, false); ga = self_cpu(); m0 = h.msgs; ta = t; }
    if (!ended && t >= h.me) { ended = true; b = read_proc(o.pids, true); gb = self_cpu(); m1 = h.msgs; tb = t; h.loop = false; }
    if (e.unexpected_close) break;
    if (ended) { bool busy = false; for (auto& q : h.p) busy |= !q.idle; if (!busy || t > h.me + 5000000000ull) break; }
    u64 edge = !started ? h.ms : !ended ? h.me : t + 10000000;
    e.poll((long long)std::min<u64>(edge > t ? edge - t : 0, 10000000));
    std::vector<std::pair<u32, u8>> td;
    td.swap(h.todo);
    for (auto& x : td) x.second ? h.answer(x.first) : (h.loop ? h.start(x.first) : (void)0);
  }
  long stuck = 0;
  for (auto& q : h.p) stuck += !q.idle;
  double win = (double)(tb - ta) / 1e9;
  bool bad = stuck || h.bad_msgs || e.unexpected_close || !ended || !h.calls;
  printf("handshake %u pairs: %.0f calls/s (%.0f msg/s), call p50 %.2f p99 %.2f max %.2f ms, offer->answer p50 %.2f p99 %.2f ms, %.2f server CPU-s per 1000 calls, generator %.0f %% CPU, incomplete %ld, odd %llu%s\n", h.P, win > 0 ? (double)h.calls / win : 0,
         win > 0 ? (double)(m1 - m0) / win : 0, h.lat.us(.5) / 1e3, h.lat.us(.99) / 1e3, h.lat.maxus() / 1e3, h.setup.us(.5) / 1e3, h.setup.us(.99) / 1e3, h.calls ? (b.cpu - a.cpu) * 1e3 / (double)h.calls : 0, win > 0 ? 100 * (gb - ga) / win : 0, stuck, (unsigned long long)h.bad_msgs, bad ? "  ** FAILED **" : "");
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  Json j = base_json(o);
  j.i("pairs", h.P).d("seconds", win).d("calls_per_s", win > 0 ? (double)h.calls / win : 0, 1).d("msg_per_s", win > 0 ? (double)(m1 - m0) / win : 0, 0).d("p50_ms", h.lat.us(.5) / 1e3).d("p99_ms", h.lat.us(.99) / 1e3).d("p999_ms", h.lat.us(.999) / 1e3).d("max_ms", h.lat.maxus() / 1e3)
      .d("answer_p50_ms", h.setup.us(.5) / 1e3).d("answer_p99_ms", h.setup.us(.99) / 1e3).d("cpu_s_per_1000_calls", h.calls ? (b.cpu - a.cpu) * 1e3 / (double)h.calls : 0).d("cpu_s_per_m", m1 > m0 ? (b.cpu - a.cpu) * 1e6 / (double)(m1 - m0) : 0).d("gen_cpu_pct", win > 0 ? 100 * (gb - ga) / win : 0, 1)
      .i("incomplete", stuck).i("odd", (long long)h.bad_msgs).i("closed", e.unexpected_close).b("ok", !bad);
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, true);
  return bad ? 1 : 0;
}

// ------------------------------------------------------------------------------------------------ offline
struct Offline : Scen {
  Engine& e;
  Opts& o;
  u32 S, N, M;
  u64 acks = 0, fences = 0, before_reg = 0, stray = 0, errs = 0, t_last_ack = 0, t_fence = 0;
  std::vector<u32> got;    // per peer: next sequence number expected
  std::vector<u32> count;  // per peer: messages received
  std::vector<long> unacked;
  u64 drained = 0, gaps = 0, dup = 0, wrong = 0, t_last = 0, first_gap_peer = 0;
  bool draining = false;
  Hist per_peer;
  Hist confirmed;                           // from a message's being due to its peer-offline
  std::vector<std::deque<u64>> unconfirmed; // per peer: when those messages were due; the server answers for one peer in order
  Offline(Engine& ee, Opts& oo) : e(ee), o(oo) {}
  void confirm(char* b, size_t n);
  u64 told = 0, t_told = 0;  // peers whose pong has told the server that they have everything
  void pinged(Conn& k) override {
    if (k.idx <= S || count[k.idx - S - 1] != M) return;
    count[k.idx - S - 1]++;
    told++;
    t_told = e.tnow;
  }
  void msg(Conn& k, char* b, size_t n) override {
    const char* f = find(b, n, MARK);
    if (!f) {
      if (find(b, n, "peer-offline")) { acks++; t_last_ack = e.tnow; if (k.idx < S) unacked[k.idx]--; confirm(b, n); }
      else if (find(b, n, "\"error\"") || find(b, n, "EXPIRE")) { errs++; if (e.first_error.empty()) e.first_error = string(b, std::min<size_t>(n, 160)); }
      return;
    }
    while (f && (size_t)(f - b) + MARK_LEN <= n) {
      Mark m;
      if (!parse_mark(f, m)) { wrong++; return; }
      if (m.kind == 0xFE) { fences++; t_fence = e.tnow; }
      else if (k.idx <= S) stray++;
      else {
        u32 peer = k.idx - S - 1;
        if (m.pair != peer) wrong++;
        else {
          if (k.st < REG) before_reg++;
          if (m.seq == got[peer]) { got[peer]++; count[peer]++; drained++; }
          else if (m.seq > got[peer]) { gaps++; got[peer] = m.seq + 1; count[peer]++; drained++; }
          else dup++;
          t_last = e.tnow;
          if (count[peer] == M) per_peer.add(e.tnow - k.tq);
        }
      }
      const char* nx = f + MARK_LEN;
      f = find(nx, n - (size_t)(nx - b), MARK);
    }
  }
};
void Offline::confirm(char* b, size_t n) {
  static const string key = "\"peerId\":\"" + o.prefix;
  const char* f = find(b, n, key.c_str());
  if (!f) return;
  u32 peer = (u32)strtoul(string(f + key.size(), std::min<size_t>(6, (size_t)(b + n - f) - key.size())).c_str(), nullptr, 16) - S - 1;
  if (peer >= N || unconfirmed[peer].empty()) { wrong++; return; }
  confirmed.add(e.tnow - unconfirmed[peer].front());
  unconfirmed[peer].pop_front();
}
static int run_offline(Opts& o) {
  if (o.dialect == ECHO) die("offline needs --dialect chainless or peerjs");
  Engine e(o);
  Offline f(e, o);
  f.S = (u32)o.in("senders", 4);
  f.N = (u32)o.in("peers", 1000);
  f.M = (u32)o.in("messages", 50);
  double R = o.num("rate", 0);  // messages per second, whatever the server does; 0: as fast as the window lets
  long W = R > 0 ? LONG_MAX / 2 : o.in("window", 64);
  size_t size = (size_t)o.in("size", 200);
  bool acked = o.get("ack", o.dialect == CHAINLESS ? "peer-offline" : "none") != "none";
  e.alloc(f.S + 1 + f.N);
  e.sc = &f;
  e.max_inflight = o.in("inflight", 256);
  f.got.resize(f.N); f.count.resize(f.N); f.unacked.resize(f.S); f.unconfirmed.resize(f.N);
  if (!e.connect_all(range(0, f.S + 1), 20)) { setup_failed(e, "offline setup"); return 2; }
  e.run_for(0.3);
  string pl = sdp_payload(size, false);
  std::vector<Template> t(f.N);
  for (u32 i = 0; i < f.N; i++) t[i].build(message(o, K_OFFER, e.c[f.S + 1 + i].id, pl), o.mask, i, 0);
  Template fence;
  fence.build(message(o, K_OFFER, e.c[f.S].id, sdp_payload(64, true)), o.mask, 0, 0xFE);
  std::vector<u64> pos(f.S, 0);
  std::vector<u64> quota(f.S);
  u64 total = (u64)f.N * f.M;
  for (u32 s = 0; s < f.S; s++) quota[s] = (u64)f.M * ((f.N + f.S - 1 - s) / f.S);
  std::vector<char> buf(1 << 20);
  ProcStat a = read_proc(o.pids, true);
  u64 t0 = now_ns(), deadline = t0 + (u64)((o.num("timeout", 25) + (R > 0 ? (double)total / R : 0)) * 1e9);
  bool fenced = false, noack = false;
  u64 sent = 0;
  while (!g_stop && now_ns() < deadline && !e.unexpected_close) {
    bool more = false;
    for (u32 s = 0; s < f.S; s++) {
      u32 mine = (f.N + f.S - 1 - s) / f.S;
      if (pos[s] >= quota[s]) continue;
      more = true;
      Conn& k = e.c[s];
      if (!k.out.empty()) continue;
      u64 can = std::min<u64>(quota[s] - pos[s], 256);
      if (R > 0) {  // the sender's own schedule: every S-th message, so all of them together have the rate
        u64 due = (u64)((double)(now_ns() - t0) / 1e9 * R / f.S) + 1;
        can = due > pos[s] ? std::min<u64>(can, due - pos[s]) : 0;
      }
      if (acked && !noack) can = f.unacked[s] >= W ? 0 : std::min<u64>(can, (u64)(W - f.unacked[s]));
      size_t fill = 0;
      for (; can; can--) {
        u32 peer = s + f.S * (u32)(pos[s] % mine);
        if (fill + t[peer].f.size() > buf.size()) break;
        u64 due = R > 0 ? t0 + (u64)((double)pos[s] * f.S / R * 1e9) : now_ns();
        t[peer].emit(buf.data() + fill, (u32)(pos[s] / mine), due);
        if (acked) f.unconfirmed[peer].push_back(due);
        fill += t[peer].f.size();
        pos[s]++; sent++; f.unacked[s]++;
      }
      if (fill) e.send_raw(k, buf.data(), fill);
    }
    if (!more && !fenced) {
      fenced = true;
      for (u32 s = 0; s < f.S; s++) { fence.emit(buf.data(), s, now_ns()); e.send_raw(e.c[s], buf.data(), fence.f.size()); }
    }
    if (fenced && f.fences == f.S && (!acked || noack || f.acks >= total)) break;
    if (acked && !noack && f.acks == 0 && now_ns() > t0 + 2000000000ull) { noack = true; fprintf(stderr, "wsload: no peer-offline answers; going on without them\n"); }
    if (acked && fenced && f.fences == f.S && f.acks < total && now_ns() > std::max(f.t_last_ack, f.t_fence) + 2000000000ull) break;
    e.poll(R > 0 ? 200000 : 5000000);
  }
  u64 tend = std::max(f.t_fence, acked && f.acks ? f.t_last_ack : 0);
  double store_s = tend > t0 ? (double)(tend - t0) / 1e9 : 0;
  bool stored_ok = f.fences == f.S && (!acked || noack || f.acks == total);
  ProcStat b = read_proc(o.pids, true);
  if (o.flag("no-drain")) {
    printf("offline %u x %u (%zu B): stored %llu in %.2f s = %.0f msg/s (%llu acknowledged)%s\n", f.N, f.M, size, (unsigned long long)sent, store_s, store_s > 0 ? (double)sent / store_s : 0, (unsigned long long)f.acks, stored_ok && !f.errs ? "" : "  ** FAILED **");
    e.expect_close = true;
    for (auto& k : e.c) e.close_conn(k, true);
    return stored_ok && !f.errs ? 0 : 1;
  }
  e.run_for(o.num("pause", 0.2));
  // drain: connect so many peers, register them all at once, and go on when the server has heard that each has everything (PeerJS registers by connecting)
  e.auto_register = false;
  u32 wave = o.dialect == CHAINLESS ? (u32)std::max<long>(1, o.in("at-once", f.N)) : f.N;
  bool ok = true;
  double drain_s = 0;
  long notreg = 0;
  for (u32 first = 0; first < f.N && !g_stop; first += wave) {
    u32 n = std::min(wave, f.N - first);
    u64 t1 = now_ns();
    ok &= e.connect_all(range(f.S + 1 + first, f.S + 1 + first + n), 25, o.dialect != CHAINLESS);
    u64 t2 = now_ns();
    if (o.dialect == CHAINLESS) for (u32 i = first; i < first + n; i++) e.send_register(e.c[f.S + 1 + i]);
    u64 tb = o.dialect == CHAINLESS ? t2 : t1;
    f.t_last = f.t_told = tb;
    u64 want = std::min<u64>((u64)first + n, f.N) * f.M;
    while (!g_stop && f.drained < want && now_ns() < f.t_last + 4000000000ull && now_ns() < tb + 40000000000ull) e.poll(10000000);
    // A server that asks with a ping what arrived has this long for it; one that does not is not waited for.
    while (!g_stop && o.dialect == CHAINLESS && f.told < first + n && now_ns() < std::max(f.t_last, f.t_told) + 1000000000ull) e.poll(10000000);
    drain_s += (double)(std::max(f.t_last, f.t_told) - tb) / 1e9;
    for (u32 i = first; i < first + n; i++) notreg += e.c[f.S + 1 + i].st != REG;
    if (first + n == f.N) break;
    for (u32 i = first; i < first + n; i++) e.close_conn(e.c[f.S + 1 + i]);
  }
  e.run_for(0.3);  // late duplicates
  ProcStat d = read_proc(o.pids, true);
  long long lost = (long long)total - (long long)f.drained;
  bool bad = lost || f.gaps || f.dup || f.wrong || f.stray || f.errs || !ok || notreg || !stored_ok || sent != total || e.unexpected_close;
  printf("offline %u x %u (%zu B): stored %llu in %.2f s = %.0f msg/s (%llu acknowledged, p50 %.2f p99 %.2f ms), %+.0f B RSS per message, drained %llu in %.2f s = %.0f msg/s, peer drained p50 %.1f p99 %.1f ms; lost %lld, gaps %llu, dup %llu, wrong peer %llu, before registered %llu, not registered %ld%s\n", f.N, f.M, size,
         (unsigned long long)sent, store_s, store_s > 0 ? (double)sent / store_s : 0, (unsigned long long)f.acks, f.confirmed.us(.5) / 1e3, f.confirmed.us(.99) / 1e3, (double)(b.rss_kb - a.rss_kb) * 1024.0 / (double)std::max<u64>(1, sent), (unsigned long long)f.drained, drain_s, drain_s > 0 ? (double)f.drained / drain_s : 0, f.per_peer.us(.5) / 1e3, f.per_peer.us(.99) / 1e3, lost,
         (unsigned long long)f.gaps, (unsigned long long)f.dup, (unsigned long long)f.wrong, (unsigned long long)f.before_reg, notreg, bad ? "  ** FAILED **" : "");
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  Json j = base_json(o);
  j.i("peers", f.N).i("messages", f.M).i("size", (long)size).i("sent", (long long)sent).i("acks", (long long)f.acks).d("ack_p50_ms", f.confirmed.us(.5) / 1e3).d("ack_p99_ms", f.confirmed.us(.99) / 1e3).d("ack_max_ms", f.confirmed.maxus() / 1e3).d("store_s", store_s).d("store_per_s", store_s > 0 ? (double)sent / store_s : 0, 0).d("store_cpu_s_per_m", sent ? (b.cpu - a.cpu) * 1e6 / (double)sent : 0).d("rss_per_msg_b", (double)(b.rss_kb - a.rss_kb) * 1024.0 / (double)std::max<u64>(1, sent), 0)
      .i("drained", (long long)f.drained).d("drain_s", drain_s).d("drain_per_s", drain_s > 0 ? (double)f.drained / drain_s : 0, 0).d("peer_p50_ms", f.per_peer.us(.5) / 1e3).d("peer_p99_ms", f.per_peer.us(.99) / 1e3).d("drain_cpu_s", d.cpu - b.cpu, 2).i("lost", lost).i("gaps", (long long)f.gaps).i("dup", (long long)f.dup).i("wrong_peer", (long long)f.wrong)
      .i("told", (long long)f.told).i("frames_received", (long long)e.rx_frames).i("before_registered", (long long)f.before_reg).i("errors", (long long)f.errs + e.errors).i("closed", e.unexpected_close).b("ok", !bad);
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, true);
  return bad ? 1 : 0;
}

// ------------------------------------------------------------------------------------------------ presence
static constexpr char JMARK[] = "wlJ-";
struct Presence : Scen {
  Engine& e;
  Opts& o;
  u32 N, J;
  struct Join { u64 t = 0, t_off = 0; u32 on = 0, off = 0; u8 state = 0; };  // 1 connecting, 2 online, 3 left, 4 done
  std::vector<Join> js;
  std::vector<u64> seen;  // bit per (join, status, observer)
  size_t words;
  u64 on = 0, off = 0, dup = 0, other = 0, early = 0;
  Hist lat_on, lat_off, each_on;
  std::vector<u32> ready;
  u64 t_last = 0;
  Presence(Engine& ee, Opts& oo) : e(ee), o(oo) {}
  void note(Conn& k, u32 j, bool online) {
    Join& q = js[j];
    u64& w = seen[((size_t)j * 2 + online) * words + k.idx / 64];
    u64 bit = 1ull << (k.idx & 63);
    if (w & bit) { dup++; return; }
    w |= bit;
    t_last = e.tnow;
    if (online) {
      on++;
      each_on.add(e.tnow - q.t);
      if (++q.on == N) { lat_on.add(e.tnow - q.t); ready.push_back(j); }
    } else {
      if (!q.t_off) { early++; }
      off++;
      if (++q.off == N) { if (q.t_off) lat_off.add(e.tnow - q.t_off); ready.push_back(j); }
    }
  }
  void registered(Conn& k) override { if (k.idx >= N) js[k.idx - N].state = 2; }
  void msg(Conn& k, char* b, size_t n) override {
    if (k.idx >= N) { other++; return; }
    const char* f = nullptr;
    if (k.moff + 12 <= n && !memcmp(b + k.moff, JMARK, 4)) f = b + k.moff;
    else { f = find(b, n, JMARK); if (f) k.moff = (u32)(f - b); }
    if (!f) { other++; return; }
    while (f) {
      u64 j;
      if ((size_t)(f - b) + 12 > n || !get_hex(f + 4, 8, j) || j >= J) { other++; return; }
      const char* end = b + n;
      const char* nx = find(f + 12, (size_t)(end - f - 12), JMARK);
      const char* lim = nx ? nx : end;
      const char* sp = find(f, (size_t)(lim - f), "\"online\"");
      const char* sf = find(f, (size_t)(lim - f), "\"offline\"");
      if (!sp && !sf) { sp = find(b, n, "\"online\""); sf = find(b, n, "\"offline\""); }
      if (sf) note(k, (u32)j, false);
      else if (sp) note(k, (u32)j, true);
      else other++;
      f = nx;
    }
  }
};
static int run_presence(Opts& o) {
  if (o.dialect == ECHO) die("presence needs --dialect chainless or peerjs");
  Engine e(o);
  Presence p(e, o);
  p.N = (u32)o.in("observers", 1000);
  p.J = (u32)o.in("joins", 100);
  u32 C = (u32)o.in("concurrency", 1);
  double tmo = o.num("join-timeout", 5);
  bool no_leave = o.flag("no-leave");
  p.words = (p.N + 63) / 64;
  p.js.resize(p.J);
  p.seen.resize(p.words * 2 * p.J);
  e.alloc(p.N + p.J, [&](u32 i) { return i < p.N ? o.prefix + fmt("%06x", i) : o.prefix + JMARK + fmt("%08x", i - p.N); });
  e.sc = &p;
  e.max_inflight = o.in("inflight", 64);
  if (!e.connect_all(range(0, p.N), o.num("timeout", 45))) { setup_failed(e, "presence setup"); return 2; }
  e.run_for(o.num("settle", 1));
  ProcStat a = read_proc(o.pids, true);
  double ga = self_cpu();
  u64 t0 = now_ns();
  u32 next = 0, done = 0;
  std::vector<u32> act;
  u64 timeouts = 0;
  double maxsecs = o.num("seconds", 30);
  bool aborted = false;
  p.t_last = t0;
  while (done < p.J && !g_stop && !e.unexpected_close) {
    u64 t = now_ns();
    if ((double)(t - t0) / 1e9 > maxsecs) { aborted = true; break; }
    while (act.size() < C && next < p.J) { u32 j = next++; p.js[j].state = 1; p.js[j].t = t; act.push_back(j); e.start(e.c[p.N + j]); }
    e.poll(5000000);
    p.ready.clear();
    t = now_ns();
    for (size_t i = 0; i < act.size();) {
      u32 j = act[i];
      auto& q = p.js[j];
      Conn& k = e.c[p.N + j];
      bool late = (double)(t - (q.t_off ? q.t_off : q.t)) / 1e9 > tmo;
      if (q.state == 2 && (q.on == p.N || late)) {
        if (q.on < p.N) timeouts++;
        if (no_leave) q.state = 4;
        else { q.t_off = t; q.state = 3; e.close_conn(k); }
      } else if (q.state == 1 && late) { timeouts++; q.state = 4; }
      else if (q.state == 3 && (q.off == p.N || late)) { if (q.off < p.N) timeouts++; q.state = 4; }
      if (q.state == 4) { done++; act[i] = act.back(); act.pop_back(); }
      else i++;
    }
    if (done >= 2 && p.on + p.off == 0) { fprintf(stderr, "wsload: no notifications at all: this server does not broadcast presence\n"); aborted = true; break; }
  }
  u64 tend = p.t_last;
  double el = tend > t0 ? (double)(tend - t0) / 1e9 : 0;
  ProcStat b = read_proc(o.pids, true);
  double gb = self_cpu();
  u64 exp = (u64)p.N * p.J * (no_leave ? 1 : 2), got = p.on + p.off;
  bool bad = (got != exp && !o.flag("allow-partial")) || p.dup || e.unexpected_close;
  printf("presence %u observers, %u joins (%u at a time): %llu of %llu notifications, %.0f deliveries/s, join -> last observer p50 %.2f p99 %.2f max %.2f ms, leave -> last p50 %.2f p99 %.2f ms, %.2f server CPU-s per million deliveries, generator %.0f %% CPU, dup %llu%s\n", p.N, p.J, C, (unsigned long long)got, (unsigned long long)exp,
         el > 0 ? (double)got / el : 0, p.lat_on.us(.5) / 1e3, p.lat_on.us(.99) / 1e3, p.lat_on.maxus() / 1e3, p.lat_off.us(.5) / 1e3, p.lat_off.us(.99) / 1e3, got ? (b.cpu - a.cpu) * 1e6 / (double)got : 0, el > 0 ? 100 * (gb - ga) / el : 0, (unsigned long long)p.dup, bad ? "  ** INCOMPLETE **" : "");
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  Json j = base_json(o);
  j.i("observers", p.N).i("joins", p.J).i("concurrency", C).i("expected", (long long)exp).i("received", (long long)got).i("online", (long long)p.on).i("offline", (long long)p.off).d("seconds", el).d("deliveries_per_s", el > 0 ? (double)got / el : 0, 0).d("join_p50_ms", p.lat_on.us(.5) / 1e3).d("join_p99_ms", p.lat_on.us(.99) / 1e3).d("join_max_ms", p.lat_on.maxus() / 1e3)
      .d("leave_p50_ms", p.lat_off.us(.5) / 1e3).d("leave_p99_ms", p.lat_off.us(.99) / 1e3).d("cpu_s_per_m", got ? (b.cpu - a.cpu) * 1e6 / (double)got : 0).d("gen_cpu_pct", el > 0 ? 100 * (gb - ga) / el : 0, 1).i("dup", (long long)p.dup).i("early_offline", (long long)p.early).i("timeouts", (long long)timeouts).i("closed", e.unexpected_close).b("aborted", aborted).b("ok", !bad);
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, true);
  return bad ? 1 : 0;
}

// ------------------------------------------------------------------------------------------------ reconnect
struct Reconnect : Scen {
  Engine& e;
  u32 N;
  bool back = false;
  u64 t_drop = 0, t_last = 0, retries = 0, presence = 0, probes = 0, probe_dup = 0;
  Hist h;
  std::vector<u8> reached;
  std::vector<std::pair<u64, u32>> again;  // retry after
  Reconnect(Engine& ee) : e(ee) {}
  void registered(Conn& k) override { if (back && k.idx < N) { h.add(e.tnow - t_drop); t_last = e.tnow; } }
  void closed(Conn& k, const char*) override { if (back && k.idx < N) { retries++; again.push_back({now_ns() + 50000000, k.idx}); } }
  void msg(Conn& k, char* b, size_t n) override {
    const char* f = find(b, n, MARK);
    Mark m;
    if (!f) { presence++; return; }
    if ((size_t)(f - b) + MARK_LEN > n || !parse_mark(f, m) || m.pair != k.idx || k.idx >= N) return;
    if (reached[k.idx]) probe_dup++;
    else { reached[k.idx] = 1; probes++; }
  }
};
static int run_reconnect(Opts& o) {
  Engine e(o);
  Reconnect r(e);
  r.N = (u32)o.in("connections", 1000);
  e.alloc(r.N + 1);
  e.sc = &r;
  r.reached.resize(r.N + 1);
  e.max_inflight = 256;
  if (!e.connect_all(range(0, r.N + 1), o.num("timeout", 40))) { setup_failed(e, "reconnect setup"); return 2; }
  double first = e.h_reg.us(.5);
  (void)first;
  e.run_for(o.num("settle", 2));
  ProcStat a = read_proc(o.pids, true);
  double ga = self_cpu();
  long e0 = e.errors;
  bool rst = o.get("drop", "fin") == "rst";
  r.t_drop = now_ns();
  e.expect_close = true;
  for (u32 i = 0; i < r.N; i++) e.close_conn(e.c[i], rst);
  e.expect_close = false;
  double dropped = (double)(now_ns() - r.t_drop) / 1e9;
  r.back = true;
  long fl = o.in("inflight", 400);
  e.max_inflight = fl > 0 ? fl : 1 << 30;
  e.pump_start = 0;
  for (u32 i = 0; i < r.N; i++) e.todo.push_back(i);
  u64 end = r.t_drop + (u64)(o.num("seconds", 30) * 1e9);
  long up = 0;
  while (!g_stop && now_ns() < end) {
    e.poll(5000000);
    u64 t = now_ns();
    for (size_t i = 0; i < r.again.size();)
      if (t >= r.again[i].first) { e.todo.push_back(r.again[i].second); r.again[i] = r.again.back(); r.again.pop_back(); }
      else i++;
    if (e.nreg == (long)r.N + (e.c[r.N].st == REG) && e.todo.empty() && r.again.empty()) break;
  }
  for (u32 i = 0; i < r.N; i++) up += e.c[i].st == REG;
  double el = (double)(std::max(r.t_last, r.t_drop) - r.t_drop) / 1e9;
  ProcStat b = read_proc(o.pids, true);
  double gb = self_cpu();
  // are they reachable? a connection that was never dropped sends one message to each
  long long unreach = -1;
  if (o.dialect != ECHO && !o.flag("no-verify") && e.c[r.N].st == REG) {
    e.run_for(o.num("settle", 2));
    long gone = 0;
    for (u32 i = 0; i < r.N; i++) gone += e.c[i].st != REG;
    std::vector<char> buf(8192);
    string pl = sdp_payload(64, true);
    u64 prog = now_ns(), last = 0;
    u32 nx = 0;
    while (!g_stop && r.probes < r.N && now_ns() < prog + 2000000000ull) {
      while (nx < r.N && e.c[r.N].out.empty() && nx < r.probes + 256 + (now_ns() - prog) / 1000000) {
        Template t;
        t.build(message(o, K_OFFER, e.c[nx].id, pl), o.mask, nx, 0);
        t.emit(buf.data(), nx, now_ns());
        e.send_raw(e.c[r.N], buf.data(), t.f.size());
        nx++;
      }
      e.poll(2000000);
      if (r.probes != last) { last = r.probes; prog = now_ns(); }
    }
    unreach = (long long)r.N - (long long)r.probes;
  }
  bool bad = up != (long)r.N || unreach > 0 || r.probe_dup || e.proto_err;
  printf("reconnect %u: dropped in %.3f s, %ld registered again in %.3f s (%.0f/s), p50 %.1f p99 %.1f max %.1f ms after the drop, errors %ld, retries %llu, unreachable afterwards %lld, server CPU %.2f s, generator CPU %.2f s, RSS %.1f -> %.1f MB%s\n", r.N, dropped, up, el, el > 0 ? (double)up / el : 0,
         r.h.us(.5) / 1e3, r.h.us(.99) / 1e3, r.h.maxus() / 1e3, e.errors - e0, (unsigned long long)r.retries, unreach, b.cpu - a.cpu, gb - ga, a.rss_kb / 1024.0, b.rss_kb / 1024.0, bad ? "  ** FAILED **" : "");
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  Json j = base_json(o);
  j.i("connections", r.N).d("drop_s", dropped).i("up", up).d("all_registered_s", el).d("reg_per_s", el > 0 ? (double)up / el : 0, 0).d("p50_ms", r.h.us(.5) / 1e3, 1).d("p99_ms", r.h.us(.99) / 1e3, 1).d("max_ms", r.h.maxus() / 1e3, 1).i("inflight", fl).i("errors", e.errors - e0).i("retries", (long long)r.retries).i("unreachable", unreach)
      .i("presence_frames", (long long)r.presence).d("cpu_s", b.cpu - a.cpu, 2).d("gen_cpu_s", gb - ga, 2).i("rss_before_kb", a.rss_kb).i("rss_after_kb", b.rss_kb).b("ok", !bad);
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, true);
  return bad ? 1 : 0;
}

// ------------------------------------------------------------------------------------------------ serve-relay
// The physical-limit reference: one thread, register + relay (+ presence, + offline store) with no JSON parsing.
// Not a product: it trusts its input. serve-relay --port N [--echo] [--presence] [--seconds S]
static void sha1(const string& in, u8 out[20]) {
  u32 h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  string m = in;
  u64 bits = (u64)in.size() * 8;
  m += (char)0x80;
  while (m.size() % 64 != 56) m += '\0';
  for (int i = 7; i >= 0; i--) m += (char)(bits >> (8 * i));
  auto rol = [](u32 v, int s) { return v << s | v >> (32 - s); };
  for (size_t o = 0; o < m.size(); o += 64) {
    u32 w[80];
    for (int i = 0; i < 16; i++) w[i] = (u32)(u8)m[o + 4 * (size_t)i] << 24 | (u32)(u8)m[o + 4 * (size_t)i + 1] << 16 | (u32)(u8)m[o + 4 * (size_t)i + 2] << 8 | (u8)m[o + 4 * (size_t)i + 3];
    for (int i = 16; i < 80; i++) w[i] = rol(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    u32 a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; i++) {
      u32 f, k;
      if (i < 20) { f = (b & c) | (~b & d); k = 0x5A827999; }
      else if (i < 40) { f = b ^ c ^ d; k = 0x6ED9EBA1; }
      else if (i < 60) { f = (b & c) | (b & d) | (c & d); k = 0x8F1BBCDC; }
      else { f = b ^ c ^ d; k = 0xCA62C1D6; }
      u32 t = rol(a, 5) + f + e + k + w[i];
      e = d; d = c; c = rol(b, 30); b = a; a = t;
    }
    h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e;
  }
  for (int i = 0; i < 5; i++) for (int j = 0; j < 4; j++) out[4 * i + j] = (u8)(h[i] >> (24 - 8 * j));
}
static string b64(const u8* p, size_t n) {
  static const char* T = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  string s;
  for (size_t i = 0; i < n; i += 3) {
    u32 v = (u32)p[i] << 16 | (i + 1 < n ? (u32)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0u);
    s += T[v >> 18]; s += T[v >> 12 & 63]; s += i + 1 < n ? T[v >> 6 & 63] : '='; s += i + 2 < n ? T[v & 63] : '=';
  }
  return s;
}
struct Server {
  struct C { int fd; u32 gen; C(int f, u32 g) : fd(f), gen(g) {} bool up = false, dirty = false, arm = false; string in, out, id; size_t off = 0; };
  struct SvHash { using is_transparent = void; size_t operator()(string_view s) const { return std::hash<string_view>()(s); } };
  struct SvEq { using is_transparent = void; bool operator()(string_view a, string_view b) const { return a == b; } };
  Opts& o;
  int ep, lfd;
  bool echo, presence;
  std::vector<C*> byfd;
  std::vector<C*> dirty, dead;
  std::unordered_map<string, C*, SvHash, SvEq> peers;
  std::unordered_map<string, std::deque<string>, SvHash, SvEq> box;
  std::vector<char> rb;
  u32 gens = 0;
  Server(Opts& oo) : o(oo) { rb.resize(512 * 1024); echo = o.flag("echo"); presence = o.flag("presence"); }
  void mark(C* c) { if (!c->dirty) { c->dirty = true; dirty.push_back(c); } }
  void head(string& out, size_t len, u8 op = 1) {
    char h[10];
    h[0] = (char)(0x80 | op);
    if (len < 126) { h[1] = (char)len; out.append(h, 2); }
    else if (len < 65536) { h[1] = 126; h[2] = (char)(len >> 8); h[3] = (char)len; out.append(h, 4); }
    else { h[1] = 127; for (int i = 0; i < 8; i++) h[2 + i] = (char)((u64)len >> (56 - 8 * i)); out.append(h, 10); }
  }
  void text(C* c, string_view s, u8 op = 1) { head(c->out, s.size(), op); c->out.append(s); mark(c); }
  static string_view value(const char* p, size_t n, string_view key) {
    const char* f = find(p, n, key);
    if (!f) return {};
    f += key.size();
    const char* e = (const char*)memchr(f, '"', (size_t)(p + n - f));
    return e ? string_view(f, (size_t)(e - f)) : string_view();
  }
  long long ms() { timespec t; clock_gettime(CLOCK_REALTIME, &t); return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000; }
  void status(string_view id, bool on, C* self) {
    if (!presence) return;
    string m, body = "{\"type\":\"peer-status\",\"peerId\":\"" + string(id) + "\",\"status\":\"" + (on ? "online" : "offline") + "\",\"deviceType\":\"desktop\",\"timestamp\":" + std::to_string(ms()) + "}";
    head(m, body.size());
    m += body;
    for (auto& x : peers) if (x.second != self) { x.second->out += m; mark(x.second); }
  }
  void kill(C* c) {
    if (c->fd < 0) return;
    ::close(c->fd);
    byfd[(size_t)c->fd] = nullptr;
    c->fd = -1;
    if (!c->id.empty()) { auto i = peers.find(string_view(c->id)); if (i != peers.end() && i->second == c) { peers.erase(i); status(c->id, false, c); } }
    dead.push_back(c);
  }
  void message(C* c, char* p, size_t n) {
    if (echo) { text(c, string_view(p, n)); return; }
    if (n < 10) return;
    size_t look = std::min<size_t>(n, 400);
    string_view to = value(p, look, "\"to\":\"");
    if (to.data()) {
      auto i = peers.find(to);
      string from = "{\"from\":\"" + c->id + "\",";
      if (i != peers.end()) {
        C* d = i->second;
        head(d->out, n - 1 + from.size());
        d->out += from;
        d->out.append(p + 1, n - 1);
        mark(d);
      } else {
        auto b = box.find(to);
        if (b == box.end()) b = box.emplace(string(to), std::deque<string>()).first;
        string m;
        m.reserve(n + from.size());
        m += from;
        m.append(p + 1, n - 1);
        b->second.push_back(std::move(m));
        if (b->second.size() > 100) b->second.pop_front();
        text(c, "{\"type\":\"peer-offline\",\"peerId\":\"" + string(to) + "\",\"messageId\":\"0\"}");
      }
      return;
    }
    if (find(p, std::min<size_t>(n, 40), "\"register\"")) {
      string_view id = value(p, look, "\"peerId\":\"");
      if (id.empty()) { text(c, "{\"type\":\"error\",\"error\":\"peerId is required\"}"); return; }
      c->id = string(id);
      auto i = peers.find(id);
      if (i != peers.end() && i->second != c) { C* old = i->second; i->second = c; old->id.clear(); char code[2] = {3, (char)0xE8}; text(old, string_view(code, 2), 8); }
      else peers[c->id] = c;
      string t = std::to_string(ms());
      text(c, "{\"type\":\"registered\",\"peerId\":\"" + c->id + "\",\"serverTime\":" + t + "}");
      auto b = box.find(id);
      if (b != box.end()) {
        for (auto& m : b->second) {
          string a = "{\"type\":\"offline-message\",\"originalMessage\":" + m + ",\"storedAt\":" + t + ",\"deliveredAt\":" + t + "}";
          text(c, a);
        }
        box.erase(b);
      }
      status(c->id, true, c);
      return;
    }
    text(c, "{\"type\":\"error\",\"error\":\"Unknown message type\"}");
  }
  static void unmask(char* p, size_t n, u32 m) {
    u64 mm = (u64)m << 32 | m;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) { u64 v; memcpy(&v, p + i, 8); v ^= mm; memcpy(p + i, &v, 8); }
    for (u8 k[4]; i < n; i++) { memcpy(k, &m, 4); p[i] = (char)(p[i] ^ k[i & 3]); }
  }
  void readable(C* c) {
    size_t have = c->in.size();
    if (rb.size() < have + 256 * 1024) rb.resize(have + 512 * 1024);
    if (have) memcpy(rb.data(), c->in.data(), have);
    ssize_t r = recv(c->fd, rb.data() + have, rb.size() - have, 0);
    if (r < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (r <= 0) { kill(c); return; }
    char* p = rb.data();
    size_t n = have + (size_t)r, off = 0;
    if (!c->up) {
      const char* e = find(p, n, "\r\n\r\n");
      if (!e) { if (n > 16384) { kill(c); return; } c->in.assign(p, n); return; }
      const char* k = nullptr;
      for (const char* q = p; q < e; q++) if (!strncasecmp(q, "\nsec-websocket-key:", 19)) { k = q + 19; break; }
      if (!k) { kill(c); return; }
      while (*k == ' ') k++;
      string key(k, (size_t)((const char*)memchr(k, '\r', (size_t)(e + 1 - k)) - k));
      u8 d[20];
      sha1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", d);
      c->out += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + b64(d, 20) + "\r\n\r\n";
      mark(c);
      c->up = true;
      off = (size_t)(e - p) + 4;
    }
    while (n - off >= 2) {
      u8 b0 = (u8)p[off], b1 = (u8)p[off + 1];
      size_t h = 2;
      u64 len = b1 & 127;
      if (!(b1 & 0x80)) { kill(c); return; }
      if (len == 126) { if (n - off < 4) break; len = (u64)(u8)p[off + 2] << 8 | (u8)p[off + 3]; h = 4; }
      else if (len == 127) { if (n - off < 10) break; len = 0; for (int i = 0; i < 8; i++) len = len << 8 | (u8)p[off + 2 + i]; h = 10; }
      if (len > (1u << 26)) { kill(c); return; }
      if (n - off < h + 4 + len) break;
      u32 m;
      memcpy(&m, p + off + h, 4);
      char* q = p + off + h + 4;
      off += h + 4 + len;
      unmask(q, len, m);
      u8 op = b0 & 15;
      if (op == 8) { kill(c); return; }
      if (op == 9) text(c, string_view(q, len), 10);
      else if (op == 1 || op == 2) message(c, q, len);
    }
    if (off < n) c->in.assign(p + off, n - off);
    else if (have) c->in.clear();
  }
  void flush(C* c) {
    while (c->off < c->out.size()) {
      ssize_t w = ::send(c->fd, c->out.data() + c->off, c->out.size() - c->off, MSG_NOSIGNAL);
      if (w < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) { kill(c); return; }
        if (!c->arm) { c->arm = true; epoll_event e{}; e.events = EPOLLIN | EPOLLOUT; e.data.fd = c->fd; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e); }
        return;
      }
      c->off += (size_t)w;
    }
    c->off = 0;
    if (c->out.capacity() > (peers.size() > 2000 ? 1024u : 262144u)) string().swap(c->out);
    else c->out.clear();
    if (c->arm) { c->arm = false; epoll_event e{}; e.events = EPOLLIN; e.data.fd = c->fd; epoll_ctl(ep, EPOLL_CTL_MOD, c->fd, &e); }
  }
  int run() {
    rlimit r;
    getrlimit(RLIMIT_NOFILE, &r);
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    byfd.resize(r.rlim_max + 1);
    ep = epoll_create1(0);
    lfd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int one = 1;
    setsockopt(lfd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons((uint16_t)o.in("port", 9100));
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(lfd, (sockaddr*)&a, sizeof a) || listen(lfd, 4096)) die("listen: %s", strerror(errno));
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.fd = lfd;
    epoll_ctl(ep, EPOLL_CTL_ADD, lfd, &e);
    printf("serve-relay: listening on 127.0.0.1:%ld%s%s\n", o.in("port", 9100), echo ? ", echo" : "", presence ? ", presence" : "");
    fflush(stdout);
    u64 end = now_ns() + (u64)(o.num("seconds", 3600) * 1e9);
    epoll_event ev[512];
    while (!g_stop && now_ns() < end) {
      int n = epoll_wait(ep, ev, 512, 500);
      for (int i = 0; i < n; i++) {
        int fd = ev[i].data.fd;
        if (fd == lfd) {
          for (int k = 0; k < 256; k++) {
            int f = accept4(lfd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (f < 0) break;
            setsockopt(f, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            byfd[(size_t)f] = new C(f, ++gens);
            epoll_event x{};
            x.events = EPOLLIN;
            x.data.fd = f;
            epoll_ctl(ep, EPOLL_CTL_ADD, f, &x);
          }
          continue;
        }
        C* c = byfd[(size_t)fd];
        if (!c) continue;
        if (ev[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) readable(c);
        if (c->fd >= 0 && (ev[i].events & EPOLLOUT)) mark(c);
      }
      for (size_t i = 0; i < dirty.size(); i++) { C* c = dirty[i]; c->dirty = false; if (c->fd >= 0) flush(c); }
      dirty.clear();
      for (C* c : dead) delete c;
      dead.clear();
    }
    return 0;
  }
};

// ------------------------------------------------------------------------------------------------ main
static const char* USAGE =
    "wsload COMMAND --url ws://127.0.0.1:PORT/PATH [options]\n"
    "commands\n"
    "  idle        --connections N [--rate R/s] [--inflight 256] [--hold 5] [--settle 2] [--no-register] [--drop rst|fin]\n"
    "  relay       --pairs 50 --window 1 --size 200 --seconds 5 [--warmup 2] [--rate R (open loop)] [--poisson] [--spin] [--batch 0] [--filler sdp|plain]\n"
    "  handshake   --pairs 50 --seconds 5 [--candidates 10] [--offer-size 4096] [--answer-size 3072] [--candidate-size 150] [--batch 1]\n"
    "  offline     --peers N --messages M [--size 200] [--senders 4] [--window 64] [--rate R (open loop)] [--no-drain] [--at-once K (drained)] [--ack peer-offline|none]\n"
    "  presence    --observers N --joins J [--concurrency 1] [--no-leave] [--join-timeout 5] [--seconds 30] [--allow-partial]\n"
    "  reconnect   --connections N [--inflight 400, 0 = all at once] [--drop fin|rst] [--no-verify] [--seconds 30]\n"
    "  serve-relay --port N [--echo] [--presence] [--seconds 3600]     the reference server\n"
    "common options\n"
    "  --server-pid PID (repeatable)  --dialect chainless|peerjs|echo  --label TEXT  --mask 0|HEX|random  --id-prefix P\n"
    "  --registered-marker S  --register-extra ',\"presence\":\"none\"'  --header 'K: V' (repeatable)  --sources N  --timeout S\n"
    "  --allow-altered  --allow-reorder\n"
    "exit: 0 clean, 1 something was lost, duplicated, altered or refused, 2 could not run\n";

int main(int argc, char** argv) {
  init_hex();
  signal(SIGPIPE, SIG_IGN);
  signal(SIGINT, [](int) { g_stop = 1; });
  signal(SIGTERM, [](int) { g_stop = 1; });
  Opts o;
  if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) { fputs(USAGE, stderr); return 2; }
  o.cmd = argv[1];
  static const char* known = " url server-pid dialect label mask id-prefix registered-marker register-extra header sources timeout connections rate inflight hold settle no-register drop pairs window size seconds warmup drain poisson spin batch filler candidates offer-size answer-size candidate-size peers messages senders ack pause no-drain at-once observers joins concurrency no-leave join-timeout allow-partial no-verify port echo presence peerjs-key allow-altered allow-reorder ";
  for (int i = 2; i < argc; i++) {
    string a = argv[i];
    if (a.compare(0, 2, "--")) die("unexpected argument %s", a.c_str());
    a = a.substr(2);
    string v = "1";
    size_t eq = a.find('=');
    if (eq != string::npos) { v = a.substr(eq + 1); a = a.substr(0, eq); }
    else if (i + 1 < argc && strncmp(argv[i + 1], "--", 2)) v = argv[++i];
    if (!strstr(known, (" " + a + " ").c_str())) die("unknown option --%s", a.c_str());
    if (a == "server-pid") o.pids.push_back(atoi(v.c_str()));
    else if (a == "header") o.headers.push_back(v);
    else o.kv[a] = v;
  }
  o.label = o.get("label", "");
  o.prefix = o.get("id-prefix", fmt("wl%d-", getpid() % 100000).c_str());
  string d = o.get("dialect", "chainless");
  o.dialect = d == "chainless" ? CHAINLESS : d == "peerjs" ? PEERJS : d == "echo" ? ECHO : (die("unknown dialect %s", d.c_str()), ECHO);
  string mk = o.get("mask", "37fa213d");
  if (mk == "random") { srand48(now_ns()); o.mask = (u32)mrand48(); }
  else o.mask = (u32)strtoul(mk.c_str(), nullptr, 16);
  o.batch = o.get("batch", "1") != "0";
  o.reg_marker = o.get("registered-marker", o.dialect == PEERJS ? "\"OPEN\"" : "\"registered\"");
  o.reg_extra = o.get("register-extra", "");
  if (o.cmd == "serve-relay") { Server s(o); return s.run(); }
  o.url = o.get("url", "");
  if (o.url.compare(0, 5, "ws://")) die("--url ws://127.0.0.1:PORT/PATH is needed");
  string rest = o.url.substr(5);
  size_t sl = rest.find('/');
  o.path = sl == string::npos ? "/" : rest.substr(sl);
  string hp = rest.substr(0, sl);
  size_t co = hp.find(':');
  o.port = co == string::npos ? 80 : atoi(hp.c_str() + co + 1);
  o.host = hp.substr(0, co);
  if (o.host == "localhost") o.host = "127.0.0.1";
  if (o.dialect == PEERJS && o.path == "/") o.path = "/peerjs";
  for (int p : o.pids) if (access(fmt("/proc/%d/stat", p).c_str(), R_OK)) die("no process %d", p);
  if (o.cmd == "idle") return run_idle(o);
  if (o.cmd == "relay") return run_relay(o);
  if (o.cmd == "handshake") return run_handshake(o);
  if (o.cmd == "offline") return run_offline(o);
  if (o.cmd == "presence") return run_presence(o);
  if (o.cmd == "reconnect") return run_reconnect(o);
  fputs(USAGE, stderr);
  return 2;
}
