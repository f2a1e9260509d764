// Connections, and the loop that drives them.
#pragma once
#include "frames.h"

enum St : u8 { NONE, CONNECTING, HTTP, OPEN, REG };
struct Conn {
  int fd = -1;
  u32 gen = 0, idx = 0, moff = 0;
  St st = NONE;
  bool want_out = false, in_flight = false, deaf = false;
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
  u32 visitors = UINT_MAX;  // connections from here on register with --visitor-extra
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
    k.in.clear(); k.out.clear(); k.outoff = 0; k.frag.clear(); k.fragop = 0; k.want_out = k.deaf = false;
  }
  void arm(Conn& k, bool out) {
    if (k.want_out == out) return;
    k.want_out = out;
    watch(k);
  }
  void deafen(Conn& k, bool deaf) {  // stop reading: the kernel's buffers fill, then the server's
    k.deaf = deaf;
    if (k.fd >= 0) watch(k);
  }
  void watch(Conn& k) {
    epoll_event e{};
    e.events = (k.deaf ? 0u : (u32)EPOLLIN) | (k.want_out ? (u32)EPOLLOUT : 0u);
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
    dst.sin_port = htons((uint16_t)o.ports[k.idx % o.ports.size()]);
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
        k.out.assign(p, n); k.outoff = 0; arm(k, true);  // an error other than EAGAIN surfaces on the next event
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
    send_text(k, "{\"type\":\"register\",\"peerId\":\"" + k.id + "\",\"deviceType\":\"desktop\",\"deviceInfo\":{\"name\":\"wsload\",\"platform\":\"linux\",\"version\":\"1.0.0\"}" + (k.idx < visitors ? o.reg_extra : o.get("visitor-extra", "")) + "}");
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
    auto done = [&] { return todo.empty() && !inflight; };
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

inline Json base_json(const Opts& o) {
  Json j;
  j.str("scenario", o.cmd).str("label", o.label).str("dialect", o.dialect == CHAINLESS ? "chainless" : o.dialect == PEERJS ? "peerjs" : "echo");
  double la[3] = {0, 0, 0};
  if (getloadavg(la, 3) < 1) la[0] = -1;
  j.d("load1", la[0], 2);
  return j;
}
// The end of every scenario: its result, its first error where it failed, its connections cut. Returns the exit code.
inline int finish(Engine& e, Json& j, bool bad, bool rst = true) {
  if (bad && !e.first_error.empty()) fprintf(stderr, "wsload: %s\n", e.first_error.c_str());
  j.print();
  e.expect_close = true;
  for (auto& k : e.c) e.close_conn(k, rst);
  return bad ? 1 : 0;
}
inline std::vector<u32> range(u32 a, u32 b) { std::vector<u32> v; for (u32 i = a; i < b; i++) v.push_back(i); return v; }
inline void setup_failed(Engine& e, const char* what) {
  fprintf(stderr, "wsload: %s: registered %ld, open %ld, errors %ld, closed %ld; first: %s\n", what, e.nreg, e.nopen, e.errors, e.unexpected_close, e.first_error.c_str());
}
