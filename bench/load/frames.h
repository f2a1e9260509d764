// WebSocket frames, message templates whose marker is patched in place, and what a message looks like in each dialect.
#pragma once
#include "base.h"

// marker: "~~WL" pair(6) kind(2) seq(8) nanoseconds(16), hex digits
inline constexpr char MARK[] = "~~WL";
inline constexpr int MARK_LEN = 4 + 6 + 2 + 8 + 16;

inline size_t put_header(char* h, size_t len, u32 mask, u8 op = 1) {
  size_t n;
  h[0] = (char)(0x80 | op);
  if (len < 126) { h[1] = (char)(0x80 | len); n = 2; }
  else if (len < 65536) { h[1] = (char)(0x80 | 126); h[2] = (char)(len >> 8); h[3] = (char)len; n = 4; }
  else { h[1] = (char)(0x80 | 127); for (int i = 0; i < 8; i++) h[2 + i] = (char)((u64)len >> (56 - 8 * i)); n = 10; }
  memcpy(h + n, &mask, 4);
  return n + 4;
}
inline void mask_bytes(char* p, size_t n, u32 mask, size_t pos) {
  u8 m[4];
  memcpy(m, &mask, 4);
  for (size_t i = 0; i < n; i++) p[i] = (char)(p[i] ^ m[(pos + i) & 3]);
}
inline string make_frame(string_view body, u32 mask, u8 op = 1) {
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
inline bool parse_mark(const char* p, Mark& m) {
  u64 a, b, c, d;
  if (!get_hex(p + 4, 6, a) || !get_hex(p + 10, 2, b) || !get_hex(p + 12, 8, c) || !get_hex(p + 20, 16, d)) return false;
  m.pair = (u32)a; m.kind = (u32)b; m.seq = (u32)c; m.ts = d;
  return true;
}

// SDP-like text of exactly n JSON bytes that holds the marker; line ends are the two-character escapes \r\n
inline string sdp_payload(size_t n, bool plain) {
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
inline string message(const Opts& o, Kind k, const string& to, const string& payload) {
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

// The ids that come and go: what they begin with, then eight hexadecimal digits.
inline string visitor_key(const Opts& o) { return o.prefix + "come-and-go-"; }
inline string visitor(const Opts& o, u32 i) { return visitor_key(o) + fmt("%08x", i); }
// Calls seen(visitor, online) for each status of a visitor in the frame; false where the frame holds none, or one that is damaged.
template <typename F> bool each_status(const char* b, size_t n, string_view key, F seen) {
  const char* end = b + n;
  const char* f = find(b, n, key);
  if (!f) return false;
  while (f) {
    u64 id;
    const char* digits = f + key.size();
    if (end - digits < 8 || !get_hex(digits, 8, id)) return false;
    const char* next = find(digits + 8, (size_t)(end - digits - 8), key);
    const char* until = next ? next : end;
    bool off = find(f, (size_t)(until - f), "\"offline\""), on = find(f, (size_t)(until - f), "\"online\"");
    if (!on && !off) { off = find(b, n, "\"offline\""); on = find(b, n, "\"online\""); }
    if (!on && !off) return false;
    seen((u32)id, !off);
    f = next;
  }
  return true;
}
