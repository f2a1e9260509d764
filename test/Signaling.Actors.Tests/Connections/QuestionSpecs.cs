using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Connections;

/// <summary>20 bytes ask for up to 1 MiB: a client gets no more answers than it reads.</summary>
public sealed class QuestionSpecs : NodeSpecs
{
    private const string GetPeers = """{"type":"get-peers"}""";

    [Fact]
    public void A_client_that_does_not_read_is_not_answered_beyond_its_bound_and_its_questions_stay_unhandled()
    {
        RegisterMany();
        var alice = Register("alice", isWritable: false);
        alice.ShowsLifeAlways = true;
        var handled = alice.HandledBytes;

        foreach (var _ in Enumerable.Range(0, 100)) alice.Says(GetPeers);
        Advance(TimeSpan.FromSeconds(10));

        Assert.InRange(alice.QueuedBytes, 262_144, 800_000);
        Assert.InRange(alice.HandledBytes - handled, 1, 2 * GetPeers.Length);
    }

    [Fact]
    public void Every_question_is_answered_once_the_client_reads()
    {
        RegisterMany();
        var alice = Register("alice", isWritable: false);
        alice.ShowsLifeAlways = true;
        foreach (var _ in Enumerable.Range(0, 20)) alice.Says(GetPeers);

        foreach (var _ in Enumerable.Range(0, 100))
        {
            alice.WriteOut(1);
            Advance(TimeSpan.FromMilliseconds(20));
        }

        Assert.Equal(["registered", .. Enumerable.Repeat("peers-list", 20)], alice.Types);
        Assert.Equal("""{"type":"register","peerId":"alice"}""".Length + (20 * GetPeers.Length), alice.HandledBytes);
    }

    [Fact]
    public void Questions_are_answered_in_the_order_they_were_asked()
    {
        var alice = Register("alice");

        alice.Says("""{"type":"peer-status","peerId":"bob"}""");
        alice.Says(GetPeers);
        alice.Says("""{"type":"peer-status","peerId":"alice"}""");

        Assert.Equal(["registered", "peer-status-response", "peers-list", "peer-status-response"], alice.Types);
        Assert.Contains("\"status\":\"offline\"", alice.Received[1]);
        Assert.Contains("\"status\":\"online\"", alice.Received[3]);
    }

    /// <summary>So many that their list takes some 400 KB.</summary>
    private void RegisterMany()
    {
        var info = new string('x', 4_000);
        foreach (var i in Enumerable.Range(0, 100)) Connect().Says($$"""{"type":"register","peerId":"peer-{{i}}","deviceInfo":"{{info}}"}""");
    }
}
