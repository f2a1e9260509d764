namespace Signaling.Bench.Micro.InMemory;

/// <summary>Pairs of clients, each in a closed loop: what its recipient gets lets its sender send the next one.</summary>
internal sealed class Relay
{
    /// <summary>Messages of one pair, sent in turn: more than a mailbox remembers for receipts.</summary>
    private const int Distinct = 1_024;

    private readonly Pair[] _pairs;

    private Relay(Pair[] pairs) => _pairs = pairs;

    /// <summary>Connects and registers the clients.</summary>
    /// <param name="node">Where.</param>
    /// <param name="pairs">How many.</param>
    /// <param name="name">Theirs alone.</param>
    /// <param name="message">What is sent to a recipient, of this number.</param>
    public static async Task<Relay> ConnectAsync(MemoryNode node, int pairs, string name, Func<string, int, byte[]> message)
    {
        var relay = new Relay([.. Enumerable.Range(0, pairs).Select(i => new Pair($"{name}-{i}-sender", $"{name}-{i}-recipient", message))]);
        await Task.WhenAll(relay._pairs.Select(pair => pair.ConnectAsync(node)));
        return relay;
    }

    /// <summary>Relays so many messages from each sender, <paramref name="window"/> of them on their way; completes when all have arrived.</summary>
    public Task RunAsync(int messages, int window) => Task.WhenAll(_pairs.Select(pair => pair.RunAsync(messages, window)));

    private sealed class Pair
    {
        private readonly byte[][] _messages;
        private readonly Client _sender;
        private readonly Client _recipient;
        private ClosedLoop? _loop;

        public Pair(string sender, string recipient, Func<string, int, byte[]> message)
        {
            _messages = [.. Enumerable.Range(0, Distinct).Select(number => message(recipient, number))];
            _sender = new Client(sender, () => { });
            _recipient = new Client(recipient, () => _loop!.Done());
        }

        public Task ConnectAsync(MemoryNode node)
        {
            node.Connect(_sender);
            node.Connect(_recipient);
            return Task.WhenAll(_sender.Registered, _recipient.Registered);
        }

        public Task RunAsync(int messages, int window)
        {
            _loop = new ClosedLoop(messages, window, number => _sender.Says(_messages[number % Distinct]));
            return _loop.RunAsync();
        }
    }

    private sealed class Client(string peer, Action delivered) : MemorySocket
    {
        private readonly TaskCompletionSource _registered = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Registered => _registered.Task;

        protected override void OnStarted() => Register(peer);

        protected override void OnSent(ReadOnlySpan<byte> utf8)
        {
            if (IsRegistered(utf8)) _registered.SetResult();
        }

        protected override void OnDelivered(ReadOnlySpan<byte> utf8) => delivered();
    }
}
