using System.Text.Json;
using CsCheck;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Auth;

/// <summary>Whatever a client that is let in as itself says, in whatever order: it gets nothing of others' messages, speaks as nobody else, and learns of nobody it may not see.</summary>
public sealed class AuthorizedProperties
{
    private const string Secret = "for the recipient only";

    private static readonly string[] Peers = ["mallory", "mallory-2", "acme/alice", "acme/bob", "other/dave", "other/erin"];

    private static readonly Gen<string> Peer = OneOf(Peers);

    /// <summary>Her own tokens, and what is none: she has no other's.</summary>
    private static readonly Gen<string> Token = OneOf(""","token":"mallory@acme/*" """, ""","token":"mallory-2@acme/alice" """, ""","token":"" """, ""","token":"acme" """, "");

    private static readonly Gen<string> Saying = Gen.OneOf(
        Gen.Select(Peer, Token, OneOf("", ""","acks":true""", ""","presence":"all" """, ""","presence":"related" """), (peer, token, more) => $$"""{"type":"register","peerId":"{{peer}}"{{token}}{{more}}}"""),
        Gen.Select(Peer, Peer, OneOf("offer", "message", "pairing:request", "error"), (to, from, type) => $$"""{"type":"{{type}}","to":"{{to}}","from":"{{from}}","payload":1,"mallory":true}"""),
        Gen.Select(Peer, Peer, (to, from) => $$"""{"from":"{{from}}","type":"offer","to":"{{to}}","\u0066rom":"{{from}}","mallory":true,"id":"x","receipt":true}"""),
        Peer.Select(peer => $$"""{"type":"peer-status","peerId":"{{peer}}"}"""),
        Gen.Select(Peer, Peer, (one, other) => $$"""{"type":"watch","peers":["{{one}}","{{other}}"]}"""),
        Peer.Select(peer => $$"""{"type":"unwatch","peers":["{{peer}}"]}"""),
        Gen.Select(Peer, Gen.Long[0, 1L << 45], (peer, seq) => $$"""{"type":"ack","peerId":"{{peer}}","seq":{{seq}}}"""),
        Peer.Select(peer => $$"""{"type":"get-peers","limit":1,"after":"{{peer}}"}"""),
        OneOf("""{"type":"get-peers"}""", """{"type":"peer-status"}""", """{"type":"get-peers","deviceType":"ios"}""", """{"type":"unregister"}""", """{"type":"get-challenge"}""", """{"type":"registered","peerId":"acme/alice"}"""));

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (6, Gen.Select(Gen.Int[0, 2], Saying, (connection, text) => (Step)new MallorySays(connection, text))),
        (1, Gen.Int[0, 2].Select(connection => (Step)new MalloryReconnects(connection))),
        (2, Gen.Select(Gen.Int[2, 5], Gen.Int[2, 5], (from, to) => (Step)new HonestOffer(Peers[from], Peers[to]))),
        (1, Gen.Int[2, 5].Select(peer => (Step)new HonestComesOrGoes(Peers[peer]))),
        (1, Gen.Int[1, 5].Select(seconds => (Step)new TimePasses(seconds))));

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    [Fact]
    public void No_sequence_of_messages_reaches_beyond_what_was_granted()
    {
        Steps.Array[1, 40].Sample(
            steps =>
            {
                using var run = new Run();
                foreach (var step in steps) run.Do(step);
                run.Check();
            },
            iter: 300,
            threads: 1,
            print: steps => string.Join('\n', steps.Select(step => step.ToString())));
    }

    private abstract record Step;

    private sealed record MallorySays(int Connection, string Text) : Step;

    private sealed record MalloryReconnects(int Connection) : Step;

    private sealed record HonestOffer(string From, string To) : Step;

    private sealed record HonestComesOrGoes(string Peer) : Step;

    private sealed record TimePasses(int Seconds) : Step;

    private sealed class Run : AuthorizedSpecs
    {
        private readonly List<InMemorySocket> _mallory = [];
        private readonly InMemorySocket[] _current;
        private readonly Dictionary<string, InMemorySocket> _honest = [];
        private readonly List<(string Peer, InMemorySocket Socket)> _allHonest = [];

        public Run()
        {
            _current = [Open(), Open(), Open()];
            ComeOrGo("acme/alice");
            ComeOrGo("other/dave");
        }

        public void Do(Step step)
        {
            switch (step)
            {
                case MallorySays(var connection, var text):
                    _current[connection].Says(text);
                    break;
                case MalloryReconnects(var connection):
                    _current[connection].Vanish();
                    _current[connection] = Open();
                    break;
                case HonestOffer(var from, var to):
                    if (_honest.TryGetValue(from, out var sender)) sender.Says($$"""{"type":"offer","to":"{{to}}","sdp":"{{Secret}}"}""");
                    break;
                case HonestComesOrGoes(var peer):
                    ComeOrGo(peer);
                    break;
                case TimePasses(var seconds):
                    Advance(TimeSpan.FromSeconds(seconds));
                    break;
            }
        }

        public void Check()
        {
            foreach (var text in _mallory.SelectMany(socket => socket.Received.Concat(socket.Presence.Values)))
            {
                Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
                Assert.DoesNotContain("other/", text, StringComparison.Ordinal);
            }
            foreach (var (peer, socket) in _allHonest)
            {
                Assert.Null(socket.CloseFrame);
                foreach (var message in socket.Received.Select(Relayed).Where(message => message.TryGetProperty("from", out _)))
                {
                    var from = message.GetProperty("from").GetString()!;
                    Assert.Equal(message.TryGetProperty("mallory", out _), from.StartsWith("mallory", StringComparison.Ordinal));
                    Assert.Equal(peer, message.GetProperty("to").GetString());
                    if (peer.StartsWith("other/", StringComparison.Ordinal)) Assert.DoesNotContain("mallory", from, StringComparison.Ordinal);
                }
            }
        }

        private static JsonElement Relayed(string json)
        {
            var message = JsonDocument.Parse(json).RootElement;
            return message.TryGetProperty("originalMessage", out var original) ? original : message;
        }

        private InMemorySocket Open()
        {
            var socket = Connect();
            socket.ShowsLifeAlways = true;
            _mallory.Add(socket);
            return socket;
        }

        private void ComeOrGo(string peer)
        {
            if (_honest.Remove(peer, out var here))
            {
                here.Vanish();
                return;
            }
            _honest[peer] = RegisterWith(peer);
            _honest[peer].ShowsLifeAlways = true;
            _allHonest.Add((peer, _honest[peer]));
        }
    }
}
