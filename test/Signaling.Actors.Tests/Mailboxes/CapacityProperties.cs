using CsCheck;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Tests.Testing;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A mailbox that keeps little, two senders who want receipts, a recipient who comes, confirms or not, and goes, and a store that fails for a while. The
/// reference: each message is answered once; one that was refused does not come; of those accepted no more are gone than came while the recipient was
/// away, each for one of these.</summary>
public sealed class CapacityProperties
{
    private enum Step
    {
        AliceSends, MallorySends, Register, RegisterMute, Vanish, FailStore, MendStore, Wait,
    }

    private static readonly Gen<Step> Steps = Gen.Frequency(
        (6, Gen.Const(Step.AliceSends)),
        (3, Gen.Const(Step.MallorySends)),
        (1, Gen.Const(Step.Register)),
        (3, Gen.Const(Step.RegisterMute)),
        (3, Gen.Const(Step.Vanish)),
        (1, Gen.Const(Step.FailStore)),
        (2, Gen.Const(Step.MendStore)),
        (1, Gen.Const(Step.Wait)));

    [Fact]
    public void What_goes_makes_room_for_a_newer_message_and_its_sender_is_not_deceived() => Steps.Array[1, 60].Sample(
        steps =>
        {
            using var run = new Run();
            run.Holds(steps);
        },
        iter: 300, threads: 1, print: steps => string.Join(' ', steps));

    private sealed class Run : NodeSpecs
    {
        private readonly KillableStore _disk = new(new InMemoryMailboxStore());
        private readonly InMemorySocket _alice;
        private readonly InMemorySocket _mallory;
        private readonly List<InMemorySocket> _bobs = [];
        private readonly Dictionary<int, InMemorySocket> _senders = [];
        private readonly HashSet<int> _sentWhileAway = [];

        public Run()
        {
            (Store, Mailbox.Capacity) = (_disk, 3);
            (_alice, _mallory) = (Register("alice"), Register("mallory"));
            (_alice.ShowsLifeAlways, _mallory.ShowsLifeAlways) = (true, true);
        }

        private InMemorySocket? Bob => _bobs.LastOrDefault(socket => !socket.IsGone);

        public void Holds(Step[] steps)
        {
            foreach (var step in steps) Take(step);
            Bob?.Vanish();
            _disk.Fails = false;
            Advance(TimeSpan.FromSeconds(20));
            var last = Enter(confirms: true);
            Advance(TimeSpan.FromSeconds(20));

            var answers = Answers(_alice).Concat(Answers(_mallory)).ToLookup(answer => int.Parse(answer.Id[1..], null), answer => answer.Answer);
            Assert.All(_senders.Keys, n => Assert.Single(answers[n]));
            var refused = _senders.Keys.Where(n => answers[n].Single() is not ("stored" or "delivered")).ToHashSet();
            Assert.Empty(Numbers(last).Intersect(refused));
            var confirmed = _bobs.Where(bob => bob.Confirms).SelectMany(Numbers).ToHashSet();
            var gone = _senders.Keys.Count(n => !confirmed.Contains(n) && (!refused.Contains(n) || answers[n].Single() == "mailbox-quota"));
            Assert.InRange(gone, 0, _sentWhileAway.Count(n => !refused.Contains(n)));
            foreach (var sender in new[] { _alice, _mallory })
                Assert.All(_bobs, bob => AssertRising([.. Numbers(bob).Where(n => _senders[n] == sender)]));
        }

        private static void AssertRising(int[] numbers) => Assert.Equal(numbers.Order().Distinct(), numbers.Distinct());

        private void Take(Step step)
        {
            switch (step)
            {
                case Step.AliceSends: Send(_alice); break;
                case Step.MallorySends: Send(_mallory); break;
                case Step.Register: Enter(confirms: true); break;
                case Step.RegisterMute: Enter(confirms: false); break;
                case Step.Vanish: Bob?.Vanish(); break;
                case Step.FailStore: _disk.Fails = true; break;
                case Step.MendStore: _disk.Fails = false; break;
                case Step.Wait: Advance(TimeSpan.FromSeconds(2)); break;
            }
        }

        private InMemorySocket Enter(bool confirms)
        {
            Bob?.Vanish();
            var bob = Connect();
            (bob.Confirms, bob.ShowsLifeAlways) = (confirms, true);
            bob.Says("""{"type":"register","peerId":"bob"}""");
            _bobs.Add(bob);
            return bob;
        }

        private void Send(InMemorySocket sender)
        {
            var n = _senders.Count + 1;
            _senders.Add(n, sender);
            if (Bob is null) _sentWhileAway.Add(n);
            sender.Says($$"""{"type":"offer","to":"bob","id":"m{{n}}","receipt":true,"n":{{n}}}""");
        }
    }
}
