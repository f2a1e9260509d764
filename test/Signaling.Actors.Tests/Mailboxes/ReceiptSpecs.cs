using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A message that asks for a receipt is answered, whatever becomes of it.</summary>
public sealed class ReceiptSpecs : NodeSpecs
{
    [Fact]
    public void A_message_that_expires_behind_a_recipient_that_acknowledges_nothing_is_answered_by_an_error()
    {
        Mailbox.TimeToLive = TimeSpan.FromSeconds(10);
        var (alice, bob) = (Register("alice"), Connect());
        bob.Says("""{"type":"register","peerId":"bob","acks":true}""");
        alice.Says($$"""{"type":"offer","to":"bob","id":"m1","receipt":true,"sdp":"{{new string('x', 600_000)}}"}""");
        alice.Says($$"""{"type":"offer","to":"bob","id":"m2","receipt":true,"sdp":"{{new string('x', 600_000)}}"}""");

        Advance(Mailbox.TimeToLive);
        alice.Says("""{"type":"offer","to":"bob","id":"m3"}""");

        Assert.Equal(["registered", "offer", "offer"], bob.Types);   // the first waits for its ack and fills the window; the third takes the second's place
        Assert.Equal(["registered", "error"], alice.Types);
        Assert.Contains("\"code\":\"recipient-busy\",\"id\":\"m2\"", alice.Received[1], StringComparison.Ordinal);
    }
}
