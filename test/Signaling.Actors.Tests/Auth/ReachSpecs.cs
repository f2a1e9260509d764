namespace Signaling.Actors.Tests.Auth;

/// <summary>A client with a reach learns of nobody else, whatever it asks.</summary>
public sealed class ReachSpecs : AuthorizedSpecs
{
    private const string Reach = "acme/*,support";

    [Fact]
    public void Lists_have_nobody_else_and_do_not_tell_how_many_there_are()
    {
        foreach (var peer in new[] { "acme/bob", "acme/carol", "acme0", "support", "supporter", "other/dave", "Acme/eve" }) RegisterWith(peer);
        var alice = RegisterWith($"acme/alice@{Reach}");

        alice.Says("""{"type":"get-peers"}""");

        Assert.Equal(["acme/bob", "acme/carol", "support"], Listed(alice.Received[^1]));
        Assert.Null(Member(alice, "total"));
        Assert.Null(Member(alice, "next"));
    }

    [Fact]
    public void Pages_lead_to_all_of_them_and_name_nobody_else()
    {
        foreach (var n in Enumerable.Range(0, 30)) RegisterWith(n % 3 == 0 ? $"acme/{n:00}" : $"b/{n:00}");
        RegisterWith("support");
        var alice = RegisterWith($"zoe@{Reach}");

        var (pages, after) = (new List<string>(), "");
        do
        {
            alice.Says($$"""{"type":"get-peers","limit":4{{after}}}""");
            pages.AddRange(Listed(alice.Received[^1]));
            after = Member(alice, "next") is { } next ? $$""","after":"{{next}}" """ : "";
            Assert.Null(Member(alice, "total"));
        }
        while (after.Length > 0);

        Assert.Equal([.. Enumerable.Range(0, 10).Select(n => $"acme/{3 * n:00}"), "support"], pages);
    }

    [Fact]
    public void A_page_may_begin_behind_anybody()
    {
        foreach (var peer in new[] { "acme/1", "acme/2", "other", "support" }) RegisterWith(peer);
        var alice = RegisterWith($"zoe@{Reach}");

        string[] After(string peer)
        {
            alice.Says($$"""{"type":"get-peers","after":"{{peer}}"}""");
            return Listed(alice.Received[^1]);
        }

        Assert.Equal(["acme/1", "acme/2", "support"], After("a"));
        Assert.Equal(["acme/2", "support"], After("acme/1"));
        Assert.Equal(["support"], After("other"));
        Assert.Empty(After("support"));
        Assert.Empty(After("zzz"));
    }

    [Fact]
    public void Presence_of_others_is_told_in_no_scope_and_after_no_takeover()
    {
        foreach (var scope in new[] { "", ""","presence":"all" """, ""","presence":"related" """ })
        {
            RegisterWith("mallory@").Says("""{"type":"offer","to":"other/dave"}"""); // an earlier connection had to do with dave
            var mallory = RegisterWith($"mallory@{Reach}", scope);
            RegisterWith("other/dave").Says("""{"type":"offer","to":"mallory","n":1}""");

            RegisterWith("other/dave").Vanish();
            RegisterWith("acme/bob").Says("""{"type":"offer","to":"mallory","n":2}""");
            RegisterWith("acme/bob").Vanish();
            Advance(TimeSpan.FromSeconds(5));

            Assert.Equal([1, 2], Numbers(mallory));                 // who may see it may write to it
            Assert.Equal(["acme/bob"], mallory.Presence.Keys);
        }
    }

    [Theory]
    [InlineData("""{"type":"offer","to":"other/dave","id":"x"}""")]
    [InlineData("""{"type":"message","to":"other/dave","payload":1,"id":"x","receipt":true}""")]
    [InlineData("""{"type":"peer-status","peerId":"other/dave","id":"x"}""")]
    [InlineData("""{"type":"watch","peers":["acme/bob","other/dave"],"id":"x"}""")]
    public void Whoever_is_out_of_reach_is_so_whether_here_or_not(string message)
    {
        var alice = RegisterWith($"acme/alice@{Reach}");

        alice.Says(message);
        var away = alice.Received[^1];
        var dave = RegisterWith("other/dave");
        alice.Says(message);

        Assert.Equal(away, alice.Received[^1]);
        Assert.Equal(("out-of-reach", "x"), (Code(alice), Member(alice, "id")));
        Assert.Equal(["registered"], dave.Types);
        Assert.Empty(alice.Presence);
    }

    [Fact]
    public void It_reaches_itself()
    {
        var mallory = RegisterWith($"mallory@{Reach}");

        mallory.Says("""{"type":"offer","to":"mallory","n":1}""");

        Assert.Equal([1], Numbers(mallory));
    }

    [Fact]
    public void The_reach_of_the_id_registered_last_counts()
    {
        var (alice, dave) = (RegisterWith("alice@"), RegisterWith("other/dave"));
        alice.Says("""{"type":"offer","to":"other/dave","n":1}""");

        alice.Says(Register("alice-phone", $"alice-phone@{Reach}"));
        alice.Says("""{"type":"offer","to":"other/dave","n":2}""");
        alice.Says("""{"type":"get-peers"}""");

        Assert.Equal([1], Numbers(dave));
        Assert.Empty(Listed(alice.Received[^1]));
    }
}
