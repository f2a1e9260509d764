using CsCheck;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>Whatever happens to the recipient's sockets, in whatever order: no message that was accepted is lost, and each socket gets them in order.</summary>
public sealed class DeliveryProperties
{
    private enum Step
    {
        Send, Register, RegisterStuck, WriteOne, WriteAll, VanishOldest, VanishNewest, Unregister, Wait, WaitLong, Fail,
    }

    private static readonly (int, IGen<Step>)[] Usual =
    [
        (6, Gen.Const(Step.Send)),
        (2, Gen.Const(Step.Register)),
        (3, Gen.Const(Step.RegisterStuck)),
        (4, Gen.Const(Step.WriteOne)),
        (1, Gen.Const(Step.WriteAll)),
        (1, Gen.Const(Step.VanishOldest)),
        (1, Gen.Const(Step.VanishNewest)),
        (1, Gen.Const(Step.Unregister)),
        (1, Gen.Const(Step.Wait)),
        (1, Gen.Const(Step.WaitLong)),
    ];

    [Fact]
    public void Nothing_is_lost_and_nothing_is_reordered() => Sample(Gen.Frequency(Usual), iterations: 300, IsRising);

    /// <summary>What a connection had not confirmed when the mailbox failed may come to it twice; what it sees for the first time is in order.</summary>
    [Fact]
    public void Nothing_is_lost_and_nothing_new_is_reordered_when_mailboxes_fail() =>
        Sample(Gen.Frequency([.. Usual, (1, Gen.Const(Step.Fail))]), iterations: 100, numbers => IsRising([.. numbers.Distinct()]));

    [Fact]
    public void Where_little_is_kept_no_more_is_lost_than_came_while_the_recipient_was_away_and_the_oldest_first() =>
        Sample(Gen.Frequency(Usual), iterations: 300, IsRising, capacity: 3);

    private static void Sample(Gen<Step> step, int iterations, Func<int[], bool> isOrdered, int capacity = 100) => step.Array[1, 60].Sample(
        steps =>
        {
            using var run = new Run(capacity);
            return run.Holds(steps, isOrdered);
        },
        iter: iterations, threads: 1, print: steps => string.Join(' ', steps));

    private static bool IsRising(int[] numbers) => numbers.SequenceEqual(numbers.Order().Distinct());

    private sealed class Run : NodeSpecs
    {
        private readonly List<InMemorySocket> _all = [];
        private readonly List<InMemorySocket> _open = [];
        private readonly InMemorySocket _alice;
        private int _sent;

        public Run(int capacity)
        {
            Mailbox.Capacity = capacity;
            _alice = Register("alice");
            _alice.ShowsLifeAlways = true;
        }

        public bool Holds(Step[] steps, Func<int[], bool> isOrdered)
        {
            foreach (var step in steps) Take(step);

            // Clients that were slowed down for replacing each other have had their turn. Then one healthy client comes and stays until it has everything.
            Advance(TimeSpan.FromMinutes(2));
            var last = Open(isWritable: true);
            Advance(TimeSpan.FromSeconds(10));

            var delivered = _all.Select(socket => Numbers(socket).ToArray()).ToArray();
            if (steps.Contains(Step.Fail)) ExpectFailures();
            return delivered.All(isOrdered) && IsComplete([.. delivered.SelectMany(numbers => numbers)]) && last.CloseFrame is null;
        }

        /// <summary>What was displaced made room, one for one, for what was stored and is newer by the capacity.</summary>
        private bool IsComplete(HashSet<int> delivered)
        {
            var lost = Enumerable.Range(1, _sent).Where(n => !delivered.Contains(n)).ToArray();
            var dropped = Measured["signaling.messages.dropped"];
            return lost.Length <= dropped && dropped <= _alice.Types.Count(type => type == "peer-offline") && lost.All(n => n <= _sent - Mailbox.Capacity);
        }

        private void Take(Step step)
        {
            switch (step)
            {
                case Step.Send: _alice.Says($$"""{"type":"offer","to":"bob","n":{{++_sent}}}"""); break;
                case Step.Register: Open(isWritable: true); break;
                case Step.RegisterStuck: Open(isWritable: false); break;
                case Step.WriteOne: _open.LastOrDefault()?.WriteOut(1); break;
                case Step.WriteAll: _open.ForEach(socket => socket.WriteOut(int.MaxValue)); break;
                case Step.VanishOldest: Vanish(_open.FirstOrDefault()); break;
                case Step.VanishNewest: Vanish(_open.LastOrDefault()); break;
                case Step.Unregister: _open.LastOrDefault()?.Says("""{"type":"unregister"}"""); break;
                case Step.Wait: Advance(TimeSpan.FromMilliseconds(100)); break;
                case Step.Fail: FailMailboxes(); break;
                case Step.WaitLong: Advance(TimeSpan.FromSeconds(3)); break;
            }
        }

        private InMemorySocket Open(bool isWritable)
        {
            var socket = Register("bob", isWritable);
            socket.ShowsLifeAlways = true;
            _all.Add(socket);
            _open.Add(socket);
            return socket;
        }

        private void Vanish(InMemorySocket? socket)
        {
            if (socket is null) return;
            socket.Vanish();
            _open.Remove(socket);
        }
    }
}
