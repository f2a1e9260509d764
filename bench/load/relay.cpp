#include "scenarios.h"

struct Relay : Scen {
  Engine& e;
  Opts& o;
  u32 P;
  long W;
  bool closed_loop, echo, phased;
  struct Pair { Template t; u32 next = 0, expect = 0; u32 due = 0; bool listed = false; std::unordered_set<u32> missing; string from, type, to; size_t from_at = 0, len = 0; };
  std::vector<Pair> p;
  std::vector<u32> ready;
  std::vector<char> scratch;
  Hist lat, lag, phase[PHASES];
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
    for (u32 i = 0; i < P; i++) {
      p[i].t.build(message(o, K_OFFER, e.c[echo ? i : 2 * i + 1].id, pl), o.mask, i, 0);
      p[i].from = string(o.dialect == PEERJS ? "\"src\":\"" : "\"from\":\"") + e.c[sender(i)].id + "\"";
      size_t comma = p[i].t.body.find(','), second = p[i].t.body.find(',', comma + 1);
      p[i].type = p[i].t.body.substr(1, comma - 1);
      p[i].to = p[i].t.body.substr(comma + 1, second - comma - 1);
    }
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
    if (p.empty()) { other++; return; }  // what an earlier run under the same ids has left in a mailbox
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
    if (!q.len) { q.len = n; if (!echo && (!find(b, n, q.type) || !find(b, n, q.to))) { altered++; odd(k, b, n, "type or recipient altered"); } }
    else if (n != q.len) { altered++; odd(k, b, n, "another length"); }
    if (!echo && (q.from_at + q.from.size() > n || memcmp(b + q.from_at, q.from.data(), q.from.size()))) {
      const char* f = find(b, n, q.from);
      if (f) q.from_at = (size_t)(f - b);
      else { from_missing++; odd(k, b, n, "no from"); }
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
      u64 took = e.tnow > m.ts ? e.tnow - m.ts : 0;
      if (m.ts >= ms && m.ts < me) lat.add(took);
      if (phased) phase[phase_of(m.ts)].add(took);
    }
  }
  size_t sdp_len = 0;
};

int run_relay(Opts& o) {
  Engine e(o);
  Relay r(e, o);
  r.P = (u32)o.in("pairs", 50);
  r.W = o.in("window", 1);
  double R = o.num("rate", 0);
  r.closed_loop = R <= 0;
  r.echo = o.dialect == ECHO;
  r.phased = o.flag("phases");
  if (r.phased && r.closed_loop) die("--phases needs --rate");
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
    if (!ended && (t >= me || phase_now() == OVER)) { ended = true; b = read_proc(o.pids, true); gb = self_cpu(); tb = now_ns(); wb = r.recvd; r.sending = false; r.ready.clear(); }
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
      for (u32 i : r.ready) { auto& q = r.p[i]; u32 k = q.due; q.due = 0; q.listed = false; r.emit(i, k, now_ns()); }
      r.ready.clear();
    }
  }
  e.run_for(0.2);  // late duplicates; and a server that asks with a ping what arrived is answered
  double win = (double)(tb - ta) / 1e9;
  u64 got = wb - wa;
  double rate = win > 0 ? (double)got / win : 0;
  long long lost = (long long)r.sent - (long long)r.recvd;
  double cpu_m = got ? (b.cpu - a.cpu) * 1e6 / (double)got : 0;
  bool bad = lost || r.dup || r.misrouted || (r.altered && !o.flag("allow-altered")) || r.bounced || r.server_errors || r.from_missing || e.unexpected_close || e.proto_err || overloaded || (r.reordered && !o.flag("allow-reorder")) || !ended || (r.phased && phase_now() != OVER);
  double gen_pct = win > 0 ? 100 * (gb - ga) / win : 0;
  printf("relay %u pairs, %s, %zu B: %.0f msg/s, p50 %.1f p90 %.1f p99 %.1f p99.9 %.1f max %.1f us, %.2f server CPU-s/M (%.0f %% CPU), generator %.0f %% CPU, lost %lld dup %llu reordered %llu%s\n", r.P,
         r.closed_loop ? fmt("window %ld", r.W).c_str() : fmt("open loop %.0f/s", R).c_str(), size, rate, r.lat.us(.5), r.lat.us(.9), r.lat.us(.99), r.lat.us(.999), r.lat.maxus(), cpu_m, win > 0 ? 100 * (b.cpu - a.cpu) / win : 0, gen_pct, lost,
         (unsigned long long)r.dup, (unsigned long long)r.reordered, bad ? "  ** FAILED **" : "");
  Json j = base_json(o);
  if (r.phased) {
    Hist &quiet = r.phase[QUIET], &meanwhile = r.phase[MEANWHILE];
    printf("  quiet (%llu messages): p50 %.1f p99 %.1f p99.9 %.1f max %.1f us; meanwhile (%llu): p50 %.1f p99 %.1f p99.9 %.1f max %.1f us%s\n", (unsigned long long)quiet.n, quiet.us(.5), quiet.us(.99), quiet.us(.999), quiet.maxus(), (unsigned long long)meanwhile.n,
           meanwhile.us(.5), meanwhile.us(.99), meanwhile.us(.999), meanwhile.maxus(), phase_now() == OVER ? "" : "  ** nobody told the end **");
    j.i("quiet_n", (long long)quiet.n).d("quiet_p50_us", quiet.us(.5), 1).d("quiet_p99_us", quiet.us(.99), 1).d("quiet_p999_us", quiet.us(.999), 1).i("meanwhile_n", (long long)meanwhile.n).d("meanwhile_p50_us", meanwhile.us(.5), 1)
        .d("meanwhile_p99_us", meanwhile.us(.99), 1).d("meanwhile_p999_us", meanwhile.us(.999), 1).d("meanwhile_max_us", meanwhile.maxus(), 1);
  }
  j.i("pairs", r.P).i("window", r.closed_loop ? r.W : 0).d("rate", R, 0).i("size", (long)size).i("frame", (long)r.p[0].t.body.size()).d("seconds", win).d("msg_per_s", rate, 0).d("p50_us", r.lat.us(.5), 1).d("p90_us", r.lat.us(.9), 1).d("p99_us", r.lat.us(.99), 1)
      .d("p999_us", r.lat.us(.999), 1).d("max_us", r.lat.maxus(), 1).d("cpu_s_per_m", cpu_m).d("server_cpu_pct", win > 0 ? 100 * (b.cpu - a.cpu) / win : 0, 1).d("gen_cpu_pct", gen_pct, 1).b("gen_bound", gen_pct > 95).d("sched_lag_p99_us", r.lag.us(.99), 1)
      .i("rss_after_kb", b.rss_kb).i("threads", b.threads).i("sent", (long long)r.sent).i("received", (long long)r.recvd).i("lost", lost).i("dup", (long long)r.dup).i("reordered", (long long)r.reordered).i("misrouted", (long long)r.misrouted)
      .i("altered", (long long)r.altered).i("bounced", (long long)r.bounced).i("server_errors", (long long)r.server_errors).i("from_missing", (long long)r.from_missing).i("other_frames", (long long)r.other).i("closed", e.unexpected_close).str("first_odd", r.first_odd).b("ok", !bad);
  return finish(e, j, bad);
}
