using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A mailbox that another has opened stops and leaves everything to whoever opens it next.</summary>
public sealed class FencingSpecs : NodeSpecs
{
    private readonly FencingStore _store = new();

    public FencingSpecs() => Store = _store;

    [Fact]
    public void A_sender_is_told_nothing_and_the_message_it_sends_again_is_stored_by_the_successor()
    {
        const string Offer = """{"type":"offer","to":"bob","id":"m1","receipt":true,"n":2}""";
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        _store.FencedUpTo = _store.LastGeneration;
        alice.Says(Offer);
        var before = Answers(alice).ToArray();

        alice.Says(Offer);
        var bob = Register("bob");

        Assert.Empty(before);
        Assert.Equal(("m1", "stored"), Assert.Single(Answers(alice)));
        Assert.Equal([1, 2], Numbers(bob));
    }

    [Fact]
    public void A_connection_attaches_again_and_the_mailbox_writes_nothing_more()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        var bob = Register("bob", isWritable: false);
        alice.Says("""{"type":"offer","to":"bob","n":2}""");
        _store.FencedUpTo = _store.LastGeneration;

        bob.WriteOut(2);                                            // confirms the first, which is to be removed
        alice.Says("""{"type":"offer","to":"bob","n":3}""");
        bob.WriteOut(int.MaxValue);

        Assert.Equal(1, _store.Refused);
        Assert.Equal([1, 2, 3], Numbers(bob).Distinct());
        Assert.Equal(3, Numbers(bob).Last());
        Assert.Null(bob.CloseFrame);
    }

    [Fact]
    public void Refusals_are_no_failures_of_the_store()
    {
        var alice = Register("alice");

        for (var i = 0; i < 20; i++)
        {
            alice.Says($$"""{"type":"offer","to":"peer-{{i}}","n":1}""");
            _store.FencedUpTo = _store.LastGeneration;
            alice.Says($$"""{"type":"offer","to":"peer-{{i}}","n":2}""");
        }

        Assert.Equal((20, 20), (_store.Refused, Measured["signaling.mailboxes.fenced"]));
        Assert.True(Health.IsHealthy);
    }

    [Fact]
    public void Who_goes_idle_is_closed_and_who_is_fenced_is_not()
    {
        var alice = Register("alice");
        alice.Says("""{"type":"offer","to":"bob","n":1}""");
        var bob = new MailboxOwner(Peer("bob"), _store.LastGeneration);
        alice.Says("""{"type":"offer","to":"carol","n":1}""");
        var carol = new MailboxOwner(Peer("carol"), _store.LastGeneration);
        (_store.FencedFrom, _store.FencedUpTo) = (carol.Generation, carol.Generation);
        alice.Says("""{"type":"offer","to":"carol","n":2}""");

        Advance(Mailbox.IdleTimeout);

        Assert.Contains(bob, _store.Closed);
        Assert.DoesNotContain(carol, _store.Closed);
    }

    /// <summary>A store that refuses the owners of some generations.</summary>
    private sealed class FencingStore : StoreDouble
    {
        public long FencedFrom { get; set; }

        public long FencedUpTo { get; set; }

        public long LastGeneration { get; private set; }

        public int Refused { get; private set; }

        public List<MailboxOwner> Closed { get; } = [];

        public override async ValueTask<OpenedMailbox> OpenAsync(PeerId peer)
        {
            var opened = await base.OpenAsync(peer);
            LastGeneration = opened.Generation;
            return opened;
        }

        public override ValueTask AppendAsync(MailboxOwner owner, IReadOnlyList<StoredMessage> messages) => IsFenced(owner) ? throw new MailboxFencedException() : base.AppendAsync(owner, messages);

        public override ValueTask RemoveAsync(MailboxOwner owner, IReadOnlyList<long> seqs) => IsFenced(owner) ? throw new MailboxFencedException() : base.RemoveAsync(owner, seqs);

        public override void Close(MailboxOwner owner) => Closed.Add(owner);

        private bool IsFenced(MailboxOwner owner)
        {
            if (owner.Generation < FencedFrom || owner.Generation > FencedUpTo) return false;
            Refused++;
            return true;
        }
    }
}
