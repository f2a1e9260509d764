#include "scenarios.h"

struct Presence : Scen {
  Engine& e;
  u32 N, J;
  struct Join { u64 t = 0, t_off = 0; u32 on = 0, off = 0; u8 state = 0; };  // 1 connecting, 2 online, 3 left, 4 done
  std::vector<Join> js;
  std::vector<u64> seen;  // bit per (join, status, observer)
  size_t words;
  string key;
  u64 on = 0, off = 0, dup = 0, other = 0, early = 0, t_on = 0, t_off = 0;
  Hist lat_on, lat_off, each_on, each_off;
  Presence(Engine& ee, Opts& o) : e(ee), N((u32)o.in("observers", 1000)), J((u32)o.in("joins", 100)), js(J), seen((N + 63) / 64 * 2 * J), words((N + 63) / 64), key(visitor_key(o)) {}
  void note(Conn& k, u32 j, bool online) {
    Join& q = js[j];
    u64& w = seen[((size_t)j * 2 + online) * words + k.idx / 64];
    u64 bit = 1ull << (k.idx & 63);
    if (w & bit) { dup++; return; }
    w |= bit;
    if (online) {
      on++;
      t_on = e.tnow;
      each_on.add(e.tnow - q.t);
      if (++q.on == N) lat_on.add(e.tnow - q.t);
    } else {
      if (!q.t_off) early++;
      off++;
      t_off = e.tnow;
      if (q.t_off) each_off.add(e.tnow - q.t_off);
      if (++q.off == N && q.t_off) lat_off.add(e.tnow - q.t_off);
    }
  }
  void registered(Conn& k) override { if (k.idx >= N) js[k.idx - N].state = 2; }
  void msg(Conn& k, char* b, size_t n) override {
    if (k.idx >= N || !each_status(b, n, key, [&](u32 j, bool online) { if (j < J) note(k, j, online); else other++; })) other++;
  }
};

// So many joins at a time: the next begins when all observers know of one. Returns false where it took too long.
static bool closed_loop(Opts& o, Engine& e, Presence& p, u64& timeouts) {
  u32 next = 0, done = 0, C = (u32)o.in("concurrency", 1);
  double patience = o.num("join-timeout", 5), most = o.num("seconds", 30);
  bool no_leave = o.flag("no-leave");
  std::vector<u32> act;
  u64 t0 = now_ns();
  while (done < p.J && !g_stop && !e.unexpected_close) {
    u64 t = now_ns();
    if ((double)(t - t0) / 1e9 > most) return false;
    while (act.size() < C && next < p.J) { u32 j = next++; p.js[j].state = 1; p.js[j].t = t; act.push_back(j); e.start(e.c[p.N + j]); }
    e.poll(5000000);
    t = now_ns();
    for (size_t i = 0; i < act.size();) {
      u32 j = act[i];
      auto& q = p.js[j];
      bool late = (double)(t - (q.t_off ? q.t_off : q.t)) / 1e9 > patience;
      if (q.state == 2 && (q.on == p.N || late)) {
        if (q.on < p.N) timeouts++;
        if (no_leave) q.state = 4;
        else { q.t_off = t; q.state = 3; e.close_conn(e.c[p.N + j]); }
      } else if (q.state == 1 && late) { timeouts++; q.state = 4; }
      else if (q.state == 3 && (q.off == p.N || late)) { if (q.off < p.N) timeouts++; q.state = 4; }
      if (q.state == 4) { done++; act[i] = act.back(); act.pop_back(); }
      else i++;
    }
    if (done >= 2 && p.on + p.off == 0) { fprintf(stderr, "wsload: no notifications at all: this server does not broadcast presence\n"); return false; }
  }
  return true;
}

// R joins a second whatever the server does, then as many leaves; times count from when each was due.
static bool open_loop(Opts& o, Engine& e, Presence& p, double rate) {
  double patience = o.num("join-timeout", 5);
  for (bool leave : {false, true}) {
    if (leave && o.flag("no-leave")) break;
    u64 t0 = now_ns(), &told = leave ? p.off : p.on, &last = leave ? p.t_off : p.t_on;
    last = t0;
    for (u32 next = 0; !g_stop && !e.unexpected_close;) {
      u64 t = now_ns();
      for (; next < p.J && (double)(t - t0) / 1e9 * rate >= next; next++) {
        Conn& k = e.c[p.N + next];
        u64 due = t0 + (u64)(next / rate * 1e9);
        if (leave) { p.js[next].t_off = due; e.close_conn(k); }
        else { p.js[next].t = due; e.start(k); }
      }
      e.poll(next < p.J ? 500000 : 5000000);
      if (next == p.J && told == (u64)p.N * p.J) break;
      if (next == p.J && now_ns() > std::max(last, t0 + (u64)(p.J / rate * 1e9)) + (u64)(patience * 1e9)) return false;
    }
    if (!leave) o.tell(OVER);
  }
  return true;
}

int run_presence(Opts& o) {
  if (o.dialect == ECHO) die("presence needs --dialect chainless or peerjs");
  Engine e(o);
  Presence p(e, o);
  double rate = o.num("rate", 0);
  bool no_leave = o.flag("no-leave");
  e.alloc(p.N + p.J, [&](u32 i) { return i < p.N ? o.prefix + fmt("%06x", i) : visitor(o, i - p.N); });
  if (o.kv.count("visitor-extra")) e.visitors = p.N;
  e.sc = &p;
  e.max_inflight = o.in("inflight", 64);
  if (!e.connect_all(range(0, p.N), o.num("timeout", 45))) { setup_failed(e, "presence setup"); return 2; }
  e.run_for(o.num("settle", 1));
  o.tell(QUIET);
  e.run_for(o.num("quiet", 0));
  ProcStat a = read_proc(o.pids, true);
  double ga = self_cpu();
  o.tell(MEANWHILE);
  u64 timeouts = 0, t0 = now_ns();
  p.t_on = p.t_off = t0;
  bool finished = rate > 0 ? open_loop(o, e, p, rate) : closed_loop(o, e, p, timeouts);
  if (rate <= 0 || !finished) o.tell(OVER);
  u64 tend = std::max(p.t_on, p.t_off);
  double el = (double)(tend - t0) / 1e9, joined = (double)(p.t_on - t0) / 1e9;
  ProcStat b = read_proc(o.pids, true);
  double gb = self_cpu();
  u64 exp = (u64)p.N * p.J * (no_leave ? 1 : 2), got = p.on + p.off;
  bool bad = (got != exp && !o.flag("allow-partial")) || !finished || p.dup || p.early || e.unexpected_close || e.errors;
  printf("presence %u observers, %u joins (%s): %llu of %llu notifications, %.0f deliveries/s (joins alone %.0f/s), join -> last observer p50 %.2f p99 %.2f max %.2f ms, leave -> last p50 %.2f p99 %.2f ms, %.2f server CPU-s per million deliveries, generator %.0f %% CPU, dup %llu, offline while here %llu%s\n", p.N, p.J,
         rate > 0 ? fmt("%.0f/s", rate).c_str() : fmt("%ld at a time", o.in("concurrency", 1)).c_str(), (unsigned long long)got, (unsigned long long)exp, el > 0 ? (double)got / el : 0, joined > 0 ? (double)p.on / joined : 0, p.lat_on.us(.5) / 1e3, p.lat_on.us(.99) / 1e3, p.lat_on.maxus() / 1e3,
         p.lat_off.us(.5) / 1e3, p.lat_off.us(.99) / 1e3, got ? (b.cpu - a.cpu) * 1e6 / (double)got : 0, el > 0 ? 100 * (gb - ga) / el : 0, (unsigned long long)p.dup, (unsigned long long)p.early, bad ? "  ** FAILED **" : "");
  Json j = base_json(o);
  j.i("observers", p.N).i("joins", p.J).i("concurrency", rate > 0 ? 0 : o.in("concurrency", 1)).d("rate", rate, 0).i("expected", (long long)exp).i("received", (long long)got).i("online", (long long)p.on).i("offline", (long long)p.off).d("seconds", el).d("deliveries_per_s", el > 0 ? (double)got / el : 0, 0)
      .d("join_deliveries_per_s", joined > 0 ? (double)p.on / joined : 0, 0).d("join_p50_ms", p.lat_on.us(.5) / 1e3).d("join_p99_ms", p.lat_on.us(.99) / 1e3).d("join_max_ms", p.lat_on.maxus() / 1e3).d("each_p50_ms", p.each_on.us(.5) / 1e3).d("each_p99_ms", p.each_on.us(.99) / 1e3)
      .d("leave_p50_ms", p.lat_off.us(.5) / 1e3).d("leave_p99_ms", p.lat_off.us(.99) / 1e3).d("cpu_s_per_m", got ? (b.cpu - a.cpu) * 1e6 / (double)got : 0).d("gen_cpu_pct", el > 0 ? 100 * (gb - ga) / el : 0, 1).i("rss_before_kb", a.rss_kb).i("rss_after_kb", b.rss_kb)
      .i("dup", (long long)p.dup).i("early_offline", (long long)p.early).i("timeouts", (long long)timeouts).i("errors", e.errors).i("closed", e.unexpected_close).b("finished", finished).b("ok", !bad);
  return finish(e, j, bad);
}
