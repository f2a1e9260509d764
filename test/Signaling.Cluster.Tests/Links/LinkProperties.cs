using CsCheck;

namespace Signaling.Cluster.Tests.Links;

/// <summary>Whatever the wire does with batches, as long as both nodes live, what one says the other hears, once and in order; and then both are silent.</summary>
public sealed class LinkProperties
{
    private enum Act
    {
        Say, SayMuch, Answer, Arrive, ArriveLate, Drop, Repeat, Wait, WaitLong,
    }

    private static readonly Gen<(Act Act, int At)> Acts = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(Act.Say)), (1, Gen.Const(Act.SayMuch)), (4, Gen.Const(Act.Answer)), (8, Gen.Const(Act.Arrive)), (3, Gen.Const(Act.ArriveLate)),
            (3, Gen.Const(Act.Drop)), (2, Gen.Const(Act.Repeat)), (3, Gen.Const(Act.Wait)), (1, Gen.Const(Act.WaitLong))),
        Gen.Int[0, 1_000]);

    [Fact]
    public void Everything_arrives_once_and_in_order() => Acts.Array[1, 120].Sample(
        acts =>
        {
            using var run = new Run();
            run.Holds(acts);
        },
        iter: 300, threads: 1, print: acts => string.Join(' ', acts));

    private sealed class Run : LossyPair
    {
        private readonly Dictionary<int, long> _accepted = [];
        private long _saidByOne;
        private long _saidByTwo;

        public void Holds((Act Act, int At)[] acts)
        {
            foreach (var (act, at) in acts)
            {
                Take(act, at);
                AssertWindow();
            }

            for (var i = 0; i < 3; i++)
            {
                ArriveAll();
                Advance(TimeSpan.FromSeconds(1));
            }

            Assert.Equal(Range(_saidByOne), Two.Received);
            Assert.Equal(Range(_saidByTwo), One.Received);
            Assert.Equal((0, 0), (One.Link.WaitingBytes, Two.Link.WaitingBytes));
            Advance(TimeSpan.FromSeconds(3));
            Assert.Empty(Wire);                                     // nothing is sent again, so nothing is kept
            Assert.Equal(0, Errors);
        }

        private static IEnumerable<long> Range(long count)
        {
            for (var n = 1L; n <= count; n++) yield return n;
        }

        private void Take(Act act, int at)
        {
            switch (act)
            {
                case Act.Say: One.Say(++_saidByOne); break;
                case Act.SayMuch:
                    One.Say(_saidByOne + 1, 20_000);                // more than a batch
                    _saidByOne += 20_000;
                    break;
                case Act.Answer: Two.Say(++_saidByTwo); break;
                case Act.Arrive when Wire.Count > 0: Come(0); break;
                case Act.ArriveLate when Wire.Count > 0: Come(at % Wire.Count); break;
                case Act.Drop when Wire.Count > 0: Wire.RemoveAt(at % Wire.Count); break;
                case Act.Repeat when Wire.Count > 0: Wire.Add(Wire[at % Wire.Count]); break;
                case Act.Wait: Advance(TimeSpan.FromMilliseconds(at % 300)); break;
                case Act.WaitLong: Advance(TimeSpan.FromSeconds(2)); break;
            }
        }

        private void Come(int index)
        {
            var (to, batch) = Wire[index];
            _accepted[to] = Math.Max(_accepted.GetValueOrDefault(to), batch.Received);
            Arrive(index);
        }

        /// <summary>No more than two batches are sent beyond what the sender knows to have arrived.</summary>
        private void AssertWindow()
        {
            foreach (var (to, batch) in Wire) Assert.InRange(batch.Number, 0, _accepted.GetValueOrDefault(3 - to) + 2);
        }
    }
}
