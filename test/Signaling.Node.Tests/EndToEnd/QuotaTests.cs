using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Keeps little for one peer.</summary>
public sealed class LittleMailboxNode() : NodeFixture("--set", "Mailbox:MaxBytes=65536");

/// <summary>Keeps little for all.</summary>
public sealed class LittleStoreNode() : NodeFixture("--set", "Mailbox:MaxTotalBytes=1048576");

/// <summary>Lets a sender begin to fill two mailboxes in a minute.</summary>
public sealed class FewMailboxesNode() : NodeFixture("--set", "Mailbox:MaxOpenedPerMinute=2");

public sealed class MailboxBytesTests(LittleMailboxNode node) : NodeTests<LittleMailboxNode>(node)
{
    [Fact]
    public async Task More_bytes_than_one_mailbox_may_hold_are_refused_until_its_peer_has_taken_some()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));

        for (var n = 1; n <= 3; n++) await sender.SendAsync(Quota.Message(bob, $"m{n}", bytes: 20_000));
        await sender.NextAsync("peer-offline", 3);
        await sender.SendAsync(Quota.Message(bob, "m4", bytes: 20_000));
        Quota.AssertIsOf(await sender.NextAsync("error"), "m4");
        await sender.SendAsync(Quota.Message(Unique("carol"), "other", bytes: 20_000));
        await sender.NextAsync("peer-offline");

        var receiver = await RegisterAsync(bob);
        Assert.Equal(["m1", "m2", "m3"], (await receiver.NextAsync("offline-message", 3)).Select(message => message.Relayed.Value("id")));
        await receiver.CloseAsync();
        await sender.SendAsync(Quota.Message(bob, "m4", bytes: 20_000));
        await sender.NextAsync("peer-offline");
    }
}

public sealed class StoreBytesTests(LittleStoreNode node) : NodeTests<LittleStoreNode>(node)
{
    [Fact]
    public async Task More_bytes_than_all_mailboxes_may_hold_are_refused_and_peers_that_are_here_notice_nothing()
    {
        var (sender, carol) = (await RegisterAsync(Unique("alice")), Unique("carol"));
        var receiver = await RegisterAsync(carol);

        for (var n = 1; n <= 4; n++)
        {
            await sender.SendAsync(Quota.Message(Unique("absent"), $"m{n}", bytes: 300_000));
            if (n <= 3) await sender.NextAsync("peer-offline");
        }
        Quota.AssertIsOf(await sender.NextAsync("error"), "m4");
        await sender.SendAsync(Quota.Message(carol, "m5", bytes: 300_000));

        Assert.Equal("m5", (await receiver.NextAsync("offer")).Value("id"));
        await sender.ExpectNothingElseAsync();
    }
}

public sealed class OpenedMailboxesTests(FewMailboxesNode node) : NodeTests<FewMailboxesNode>(node)
{
    [Fact]
    public async Task A_sender_that_begins_too_many_mailboxes_in_a_minute_is_refused_and_others_are_not()
    {
        var peers = Enumerable.Range(1, 5).Select(n => Unique($"absent{n}")).ToArray();
        var (sender, other) = (await RegisterAsync(Unique("alice")), await RegisterAsync(Unique("carol")));

        var answers = new List<Received>();
        foreach (var peer in peers)
        {
            await sender.SendAsync(Quota.Message(peer, peer, bytes: 10));
            answers.Add(await sender.NextAsync());
        }

        Assert.Equal(["peer-offline", "peer-offline"], answers.Take(2).Select(answer => answer.Type));
        var refused = answers.Where(answer => answer.Type == "error").ToArray();
        Assert.NotEmpty(refused);                                   // also where the minute ended meanwhile: five are more than two minutes' four
        Assert.All(refused, error => Quota.AssertIsOf(error, error.Value("id")));
        await sender.SendAsync(Quota.Message(peers[0], "more", bytes: 10)); // a mailbox that it fills already
        await sender.NextAsync("peer-offline");
        await other.SendAsync(Quota.Message(refused[0].Value("id"), "m1", bytes: 10));
        await other.NextAsync("peer-offline");
        var receiver = await RegisterAsync(refused[0].Value("id"));
        Assert.Equal("m1", (await receiver.NextAsync("offline-message")).Relayed.Value("id"));
        await receiver.ExpectNothingElseAsync();
    }
}

public sealed class FairShareTests(DefaultNode node) : NodeTests<DefaultNode>(node)
{
    [Fact]
    public async Task A_strangers_flood_removes_nobody_elses_messages()
    {
        var (alice, stranger, bob) = (Unique("alice"), Unique("stranger"), Unique("bob"));
        var (sender, flooding) = (await RegisterAsync(alice), await RegisterAsync(stranger));
        for (var n = 1; n <= 10; n++) await sender.SendAsync(Quota.Message(bob, $"a{n}", bytes: 10));
        await sender.NextAsync("peer-offline", 10);

        for (var n = 1; n <= 200; n++) await flooding.SendAsync(Quota.Message(bob, $"s{n}", bytes: 10));
        await flooding.NextAsync("peer-offline", 200);
        await sender.SendAsync(Quota.Message(bob, "a11", bytes: 10));
        await sender.NextAsync("peer-offline");

        var receiver = await RegisterAsync(bob);
        var ids = (await receiver.NextAsync("offline-message", 100)).Select(message => message.Relayed.Value("id"));
        string[] expected = [.. Enumerable.Range(1, 10).Select(n => $"a{n}"), .. Enumerable.Range(112, 89).Select(n => $"s{n}"), "a11"];
        Assert.Equal(expected, ids);
        await receiver.ExpectNothingElseAsync();
    }
}

internal static class Quota
{
    public static string Message(string to, string id, int bytes) => $$"""{"type":"offer","to":"{{to}}","id":"{{id}}","sdp":"{{new string('x', bytes)}}"}""";

    public static void AssertIsOf(Received error, string id) => Assert.Equal(("mailbox-quota", id), (error.Value("code"), error.Value("id")));
}
