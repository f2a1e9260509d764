#include "scenarios.h"

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
int run_handshake(Opts& o) {
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
  Json j = base_json(o);
  j.i("pairs", h.P).d("seconds", win).d("calls_per_s", win > 0 ? (double)h.calls / win : 0, 1).d("msg_per_s", win > 0 ? (double)(m1 - m0) / win : 0, 0).d("p50_ms", h.lat.us(.5) / 1e3).d("p99_ms", h.lat.us(.99) / 1e3).d("p999_ms", h.lat.us(.999) / 1e3).d("max_ms", h.lat.maxus() / 1e3)
      .d("answer_p50_ms", h.setup.us(.5) / 1e3).d("answer_p99_ms", h.setup.us(.99) / 1e3).d("cpu_s_per_1000_calls", h.calls ? (b.cpu - a.cpu) * 1e3 / (double)h.calls : 0).d("cpu_s_per_m", m1 > m0 ? (b.cpu - a.cpu) * 1e6 / (double)(m1 - m0) : 0).d("gen_cpu_pct", win > 0 ? 100 * (gb - ga) / win : 0, 1)
      .i("incomplete", stuck).i("odd", (long long)h.bad_msgs).i("closed", e.unexpected_close).b("ok", !bad);
  return finish(e, j, bad);
}
