#include "scenarios.h"

// One reader that stops reading while it is sent to (--reading: it goes on, which shows what the load alone costs). Beside it others relay (relay --phases). When it reads again, and has come back
// under its id where it was cut off, everything must be there that the server has not refused or said it could not keep.
struct Slow : Scen {
  Engine& e;
  std::vector<u8> got, excused;
  u64 arrived = 0, doubled = 0, damaged = 0, stored = 0, refused = 0, dropped = 0;
  bool flooding = true;
  Template t;
  Slow(Engine& ee) : e(ee) {}
  void closed(Conn& k, const char*) override { if (k.idx == 1) dropped++; }
  void msg(Conn& k, char* b, size_t n) override {
    const char* f = find(b, n, MARK);
    if (k.idx == 0) {
      if (find(b, n, "peer-offline")) stored++;
      else if (find(b, n, "\"error\"")) { refused++; if (e.first_error.empty()) e.first_error = string(b, std::min<size_t>(n, 160)); }
      return;
    }
    Mark m;
    for (; f && (size_t)(f - b) + MARK_LEN <= n; f = find(f + MARK_LEN, n - (size_t)(f + MARK_LEN - b), MARK)) {
      if (!parse_mark(f, m) || m.seq >= got.size()) { damaged++; return; }
      size_t tail = t.body.size() - t.mk - MARK_LEN - 3;
      if ((size_t)(b + n - f) < tail || memcmp(f + MARK_LEN, t.body.data() + t.mk + MARK_LEN, tail - 1)) damaged++;
      if (got[m.seq]) doubled++;
      else { got[m.seq] = 1; arrived++; }
    }
  }
};

int run_slow(Opts& o) {
  Engine e(o);
  Slow s(e);
  double rate = o.num("rate", 2000), seconds = o.num("seconds", 3), quiet = o.num("quiet", 0);
  size_t size = (size_t)o.in("size", 4096);
  u32 total = (u32)(rate * seconds);
  s.got.resize(total);
  e.alloc(2);
  e.sc = &s;
  if (!e.connect_all({0, 1}, 20)) { setup_failed(e, "slow setup"); return 2; }
  s.t.build(message(o, K_OFFER, e.c[1].id, sdp_payload(size, false)), o.mask, 0, 0);
  e.run_for(o.num("settle", 1));
  o.tell(QUIET);
  e.run_for(quiet);
  ProcStat a = read_proc(o.pids, true);
  o.tell(MEANWHILE);
  if (!o.flag("reading")) e.deafen(e.c[1], true);
  std::vector<char> buf(s.t.f.size());
  u64 t0 = now_ns(), look = t0;
  u32 sent = 0;
  long peak = a.rss_kb;
  while (sent < total && !g_stop && e.c[0].fd >= 0) {
    u64 t = now_ns();
    for (u32 due = std::min(total, (u32)((double)(t - t0) / 1e9 * rate) + 1); sent < due; sent++) { s.t.emit(buf.data(), sent, t); e.send_raw(e.c[0], buf.data(), buf.size()); }
    if (t > look) { look = t + 100000000; peak = std::max(peak, read_proc(o.pids, true).rss_kb); }
    e.poll(1000000);
  }
  o.tell(OVER);
  ProcStat b = read_proc(o.pids, true);
  u64 cut = s.dropped;
  if (e.c[1].fd >= 0) e.deafen(e.c[1], false);
  u64 quiet_since = now_ns(), seen = 0;  // until nothing has come for a second
  while (!g_stop && now_ns() < quiet_since + 1500000000ull) {
    if (e.c[1].fd < 0) { e.start(e.c[1]); }
    e.poll(10000000);
    u64 now = s.arrived + s.doubled + s.stored + s.refused;
    if (now != seen) { seen = now; quiet_since = now_ns(); }
  }
  long long missing = (long long)sent - (long long)s.arrived, unexplained = missing - (long long)s.refused;
  bool bad = unexplained > 0 || s.damaged || e.c[0].fd < 0;
  printf("slow reader: %u messages of %zu B sent to it in %.1f s, RSS %.1f -> peak %.1f -> %.1f MB, cut off %llu times; afterwards it had %llu (%llu twice, as offline-message after it was cut off), %llu stored, %llu refused, %lld lost%s\n", sent, s.t.body.size(), seconds, a.rss_kb / 1024.0, peak / 1024.0, b.rss_kb / 1024.0,
         (unsigned long long)cut, (unsigned long long)s.arrived, (unsigned long long)s.doubled, (unsigned long long)s.stored, (unsigned long long)s.refused, std::max(0ll, unexplained), bad ? "  ** FAILED **" : "");
  Json j = base_json(o);
  j.i("sent", sent).i("size", (long)size).d("seconds", seconds).i("rss_before_kb", a.rss_kb).i("rss_peak_kb", peak).i("rss_after_kb", b.rss_kb).d("cpu_s", b.cpu - a.cpu, 2).i("cut_off", (long long)cut).i("arrived", (long long)s.arrived).i("doubled", (long long)s.doubled).i("stored", (long long)s.stored)
      .i("refused", (long long)s.refused).i("lost", std::max(0ll, unexplained)).i("damaged", (long long)s.damaged).str("first_error", e.first_error).b("ok", !bad);
  return finish(e, j, bad);
}
