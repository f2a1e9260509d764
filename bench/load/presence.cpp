#include "scenarios.h"

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
int run_presence(Opts& o) {
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
