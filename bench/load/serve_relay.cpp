#include "scenarios.h"

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

int run_serve_relay(Opts& o) { Server s(o); return s.run(); }
