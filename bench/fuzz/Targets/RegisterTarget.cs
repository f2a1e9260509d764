using System.Text.Json;
using Signaling.Actors.Protocol;
using Signaling.Fuzz.Engine;
using Signaling.Fuzz.Node;
using static Signaling.Fuzz.Engine.FuzzFailureException;

namespace Signaling.Fuzz.Targets;

/// <summary>The path from a client's messages through the actors of a whole node: each input is a conversation, a message a line, on a connection of its own.</summary>
/// <remarks>The client of the conversation before is still there, and so is Bob, who notices when the node is not well. Mailboxes stay longer, so a failure may take many conversations: the run of the
/// same seed repeats it.</remarks>
internal sealed class RegisterTarget : IFuzzTarget
{
    private const int MostMessages = 100;

    /// <summary>Then the node is shut down, which is checked, and another one takes its place.</summary>
    private const int ConversationsOfNode = 2_000;

    private static readonly TimeSpan BetweenConversations = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer than any client may be silent or unregistered, and than a mailbox stays without a reason.</summary>
    private static readonly TimeSpan LongTime = TimeSpan.FromMinutes(2);

    private readonly HashSet<string> _ids = [];
    private readonly HashSet<string> _receipts = [];
    private VirtualNode _node = new();
    private Client? _bob;
    private Client? _earlier;
    private int _conversations;

    public string Name => "register";

    public IReadOnlyList<byte[]> Tokens => Engine.Tokens.Json;

    public void Dispose() => _node.Dispose();

    public void Run(ReadOnlySpan<byte> input, Outcomes outcomes)
    {
        try
        {
            if (++_conversations % ConversationsOfNode == 0) ShutDown();
            var (bob, client) = (Bob(), new Client(_node, _ids));
            _node.Connect(client);
            Converse(input, client, bob, outcomes);
            foreach (var any in (Client[])[client, bob]) ExpectPong(any);
            if (_earlier is not null) End(_earlier, how: input.Length % 3, outcomes);
            _earlier = client;
            var live = ((Client[])[client, bob]).Count(any => any is { IsGone: false });
            Unless(_node.Connections == live, $"{_node.Connections} connection actors live for {live} connections.");
            _node.ExpectNoComplaint();
            _node.Advance(BetweenConversations);
        }
        catch
        {
            Replace();                                              // the next one has a chance
            throw;
        }
    }

    private void ShutDown()
    {
        _node.Drain();
        Unless(_bob is not { Closed: not (CloseCode.GoingAway or CloseCode.Normal) }, "Bob is not told that the node goes.");
        Replace();
    }

    private void Replace()
    {
        _node.Dispose();
        _ids.Clear();
        _receipts.Clear();
        (_node, _bob, _earlier) = (new VirtualNode(), null, null);
    }

    /// <summary>Somebody may have taken his id, or become him.</summary>
    private Client Bob()
    {
        if (_bob is { IsGone: false }) return _bob;
        _bob = new Client(_node, _ids);
        _node.Connect(_bob);
        _bob.Says("""{"type":"register","peerId":"bob"}"""u8);
        _node.Await(() => _bob.Heard.Contains("registered"));
        Unless(_bob.Heard.Contains("registered"), "Bob cannot register.");
        return _bob;
    }

    private void Converse(ReadOnlySpan<byte> input, Client client, Client bob, Outcomes outcomes)
    {
        var messages = 0;
        foreach (var line in input.Split((byte)'\n'))
        {
            if (client.IsGone || ++messages > MostMessages) break;
            if (!input[line].IsEmpty) Say(input[line], client, bob, outcomes);
        }
        if (input.Length % 16 == 15) _node.Advance(LongTime);
    }

    private void Say(ReadOnlySpan<byte> message, Client client, Client bob, Outcomes outcomes)
    {
        foreach (var other in (Client?[])[bob, _earlier]) other?.Heard.Clear();
        client.Says(message);
        var mayBeSilent = MayBeSilent(message);
        if (!IsHeard() && !mayBeSilent)
        {
            _node.Await(IsHeard);
            Unless(IsHeard(), "A message is not answered, and reaches nobody.");
        }
        if (client.IsPaused) _node.Await(() => !client.IsPaused);
        foreach (var heard in client.Heard) outcomes.Add(heard);
        foreach (var heard in bob.Heard) outcomes.Add($"bob: {heard}");
        if (!IsHeard()) outcomes.Add("nothing");

        bool IsHeard() => client.IsGone || client.Heard.Count + bob.Heard.Count + (_earlier?.Heard.Count ?? 0) > 0;
    }

    /// <summary>Whether the protocol has no answer to it, or none yet: of a message that is sent again, its recipient hears nothing, and its sender when it is delivered.</summary>
    private bool MayBeSilent(ReadOnlySpan<byte> message) => Envelope.TryRead(message, out var envelope) is null && envelope.Type switch
    {
        MessageType.Heartbeat or MessageType.Unregister or MessageType.Unwatch or MessageType.Ack => true,
        MessageType.Watch => ClientRequest.TryReadPeers(envelope, out var peers) is null && peers.Count == 0,
        _ => envelope[EnvelopeKey.Receipt].Token == JsonTokenType.True && !_receipts.Add(Convert.ToHexString(ClientRequest.Id(envelope).Span)),
    };

    /// <summary>Who was too fast has to wait for it.</summary>
    private void ExpectPong(Client client)
    {
        client.Heard.Clear();
        for (var i = 0; i < 3 && !client.Heard.Contains("pong") && !client.IsGone; i++)
        {
            if (i > 0) _node.Advance(TimeSpan.FromSeconds(5));
            client.Says("""{"type":"ping"}"""u8);
        }
        Unless(client.Heard.Contains("pong") || client.IsGone, "A ping has no pong.");
        Unless(client.Fault is null, client.Fault!);
    }

    private static void End(Client client, int how, Outcomes outcomes)
    {
        if (client.Closed is { } code) outcomes.Add($"closed: {code}");
        if (!client.IsGone && how == 0) client.Closes();
        else if (!client.IsGone && how == 1) client.Violates();
        else client.Vanishes();
        Unless(client.IsGone && client.Fault is null, client.Fault ?? "A connection does not end.");
    }
}
