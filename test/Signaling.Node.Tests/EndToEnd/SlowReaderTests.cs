using Signaling.Node.Tests.Hosting;

namespace Signaling.Node.Tests.EndToEnd;

/// <summary>Holds little for a client that does not read, and waits for it briefly.</summary>
public sealed class LittleMemoryNode() : NodeFixture("--set", "Mailbox:MaxPendingBytes=1048576", "--set", "Connection:CloseTimeout=00:00:00.5", "--set", "Limits:ByteBurst=1000000000", "--set", "Limits:MessageBurst=1000000");

public sealed class SlowReaderTests(LittleMemoryNode node) : NodeTests<LittleMemoryNode>(node)
{
    [Fact]
    public async Task A_client_that_reads_nothing_is_cut_without_harm_to_others_and_finds_the_newest_messages_when_it_returns()
    {
        var bob = Unique("bob");
        var (sender, carol, dave) = (await RegisterAsync(Unique("alice")), await RegisterAsync(Unique("carol")), Unique("dave"));
        var receiver = await RegisterAsync(dave);
        var deaf = await RegisterRawAsync(bob, receiveBufferBytes: 4_096);

        // Until a message is stored: then the node has given the deaf client up.
        var (sent, isStored) = (0, false);
        while (!isStored)
        {
            Assert.InRange(sent, 0, 1_000_000);                     // many are taken in the half second that the deaf client has
            isStored = await FloodAsync(sender, bob, sent, 20);
            sent += 20;
            await carol.SendAsync($$"""{"type":"offer","to":"{{dave}}","n":{{sent}}}""");
            Assert.Equal(sent, (await receiver.NextAsync("offer")).Number("n"));
        }
        await carol.NextPresenceAsync(bob, "online");
        await carol.NextPresenceAsync(bob, "offline");
        for (var n = 1; n <= 150; n++) await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","id":"late {{n}}"}""");
        while (await sender.NextAsync() is var answer && !answer.Text.Contains("\"messageId\":\"late 150\"", StringComparison.Ordinal)) AssertIsStoredOrBusy(answer);

        await deaf.DisposeAsync();
        var back = await RegisterAsync(bob);

        // As many as came back from its connection, where that was more than 100: twice its bound is reached with the 104th.
        var ids = (await back.NextAsync("offline-message", 100)).Select(message => message.Relayed.Value("id")).ToList();
        while (ids[^1] != "late 150") ids.Add((await back.NextAsync("offline-message")).Relayed.Value("id"));
        Assert.InRange(ids.Count, 100, 104);
        Assert.Equal(Enumerable.Range(151 - ids.Count, ids.Count).Select(n => $"late {n}"), ids);
        await back.ExpectNothingElseAsync();
    }

    /// <summary>Sends large messages, and takes the answers that come meanwhile.</summary>
    /// <returns>Whether one was stored.</returns>
    private static async Task<bool> FloodAsync(SignalingClient sender, string to, int first, int count)
    {
        for (var n = first; n < first + count; n++) await sender.SendAsync($$"""{"type":"offer","to":"{{to}}","n":{{n}},"sdp":"{{new string('x', 20_000)}}"}""");
        await sender.SendAsync("""{"type":"ping"}""");
        var isStored = false;
        while (await sender.NextAsync() is { Type: not "pong" } answer)
        {
            AssertIsStoredOrBusy(answer);
            isStored |= answer.Type == "peer-offline";
        }
        return isStored;
    }

    /// <summary>The quota is reached where 16 MB come before the disk has taken the first of them.</summary>
    private static void AssertIsStoredOrBusy(Received answer)
    {
        if (answer.Type != "peer-offline") Assert.Contains(answer.Value("code"), new[] { "recipient-busy", "mailbox-quota" });
    }
}

/// <summary>Holds little for a client that does not read, though more messages than a mailbox takes in while a peer is away; and waits long for the client to read why it is closed.</summary>
public sealed class PatientNode() : NodeFixture("--set", "Mailbox:MaxPendingBytes=1048576", "--set", "Connection:CloseTimeout=00:00:30", "--set", "Limits:ByteBurst=1000000000", "--set", "Limits:MessageBurst=1000000");

public sealed class SlowReaderReturnsTests(PatientNode node) : NodeTests<PatientNode>(node)
{
    [Fact]
    public async Task A_client_that_reads_too_slowly_is_closed_with_1013_and_gets_every_message_once_and_in_order()
    {
        var bob = Unique("bob");
        var sender = await RegisterAsync(Unique("alice"));
        var slow = await RegisterRawAsync(bob, receiveBufferBytes: 4_096);

        // Until a message is refused, because twice the bound waits; or stored, because the slow client has gone already.
        var (sent, refused) = (0, new List<string>());
        while (!await AnyAnswerAsync(sender, refused))
        {
            Assert.InRange(sent, 0, 10_000);
            await sender.SendAsync($$"""{"type":"offer","to":"{{bob}}","id":"{{++sent}}","sdp":"{{new string('x', 2_000)}}"}""");
        }
        var frames = await slow.ReadToEndAsync();
        var back = await RegisterAsync(bob);
        await AnyAnswerAsync(sender, refused);                      // the mailbox has answered everything before it registered the newcomer

        var accepted = Enumerable.Range(1, sent).Select(n => $"{n}").Except(refused).ToArray();
        var ids = frames.SkipLast(1).Select(frame => new Received(frame.Text).Relayed.Value("id")).ToList();
        while (ids.Count < accepted.Length) ids.Add((await back.NextAsync()).Relayed.Value("id"));
        Assert.InRange(accepted.Length, 500, 10_000);
        Assert.Equal(1013, frames[^1].CloseCode);
        Assert.Equal(accepted, ids);
        await back.ExpectNothingElseAsync();
    }

    /// <summary>Takes the answers so far.</summary>
    /// <returns>Whether there are any.</returns>
    private static async Task<bool> AnyAnswerAsync(SignalingClient sender, List<string> refused)
    {
        var isAnswered = false;
        await sender.SendAsync("""{"type":"ping"}""");
        while (await sender.NextAsync() is { Type: not "pong" } answer)
        {
            isAnswered = true;
            if (answer.Type == "error") refused.Add(answer.Value("id"));
        }
        return isAnswered;
    }
}
