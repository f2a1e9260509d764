#include "scenarios.h"

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
int run_offline(Opts& o) {
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
  Json j = base_json(o);
  j.i("peers", f.N).i("messages", f.M).i("size", (long)size).i("sent", (long long)sent).i("acks", (long long)f.acks).d("ack_p50_ms", f.confirmed.us(.5) / 1e3).d("ack_p99_ms", f.confirmed.us(.99) / 1e3).d("ack_max_ms", f.confirmed.maxus() / 1e3).d("store_s", store_s).d("store_per_s", store_s > 0 ? (double)sent / store_s : 0, 0).d("store_cpu_s_per_m", sent ? (b.cpu - a.cpu) * 1e6 / (double)sent : 0).d("rss_per_msg_b", (double)(b.rss_kb - a.rss_kb) * 1024.0 / (double)std::max<u64>(1, sent), 0)
      .i("drained", (long long)f.drained).d("drain_s", drain_s).d("drain_per_s", drain_s > 0 ? (double)f.drained / drain_s : 0, 0).d("peer_p50_ms", f.per_peer.us(.5) / 1e3).d("peer_p99_ms", f.per_peer.us(.99) / 1e3).d("drain_cpu_s", d.cpu - b.cpu, 2).i("lost", lost).i("gaps", (long long)f.gaps).i("dup", (long long)f.dup).i("wrong_peer", (long long)f.wrong)
      .i("told", (long long)f.told).i("frames_received", (long long)e.rx_frames).i("before_registered", (long long)f.before_reg).i("errors", (long long)f.errs + e.errors).i("closed", e.unexpected_close).b("ok", !bad);
  return finish(e, j, bad);
}
