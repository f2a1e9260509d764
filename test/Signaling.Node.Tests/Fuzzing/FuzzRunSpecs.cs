using Signaling.Fuzz.Engine;

namespace Signaling.Node.Tests.Fuzzing;

public sealed class FuzzRunSpecs
{
    private static ReadOnlySpan<byte> Way => "tok[tok[[tok"u8;

    [Fact]
    public void A_bug_that_takes_several_mutations_is_found_and_comes_again_with_the_input_that_found_it()
    {
        var target = new Planted(input => input.StartsWith("{tok"u8) && input.IndexOf("]["u8) >= 0);
        var run = new FuzzRun(target, ["{\"a\":[1]}"u8.ToArray()], seed: 1);

        run.Run(20_000);

        Assert.NotEmpty(run.Failures);
        Assert.Throws<InvalidOperationException>(() => target.Run(run.Failures[0].Input, new Outcomes()));
    }

    [Fact]
    public void Outcomes_lead_to_a_bug_that_lies_behind_them()
    {
        Assert.NotEmpty(Failures(isGuided: true));
        Assert.Empty(Failures(isGuided: false));

        static IReadOnlyList<FuzzFailure> Failures(bool isGuided)
        {
            var target = new Planted(
                input => Depth(input) == Way.Length,
                (input, outcomes) => outcomes.Add(isGuided ? $"{Depth(input)} bytes of the way" : "anything"));
            var run = new FuzzRun(target, ["________"u8.ToArray()], seed: 1);
            run.Run(50_000);
            return run.Failures;
        }

        static int Depth(ReadOnlySpan<byte> input) => input.CommonPrefixLength(Way);
    }

    [Fact]
    public void A_run_ends_when_it_has_found_enough()
    {
        var run = new FuzzRun(new Planted(_ => true), [[]], seed: 1);

        run.Run(1_000);

        Assert.Equal((FuzzRun.MostFailures, FuzzRun.MostFailures), (run.Inputs, run.Failures.Count));
    }

    [Fact]
    public void The_same_seed_makes_the_same_inputs_and_another_one_others()
    {
        Assert.Equal(Inputs(seed: 1), Inputs(seed: 1));
        Assert.NotEqual(Inputs(seed: 1), Inputs(seed: 2));

        static List<string> Inputs(int seed)
        {
            var inputs = new List<string>();
            var target = new Planted(_ => false, (input, outcomes) =>
            {
                inputs.Add(Convert.ToHexString(input));
                outcomes.Add($"{input.Length % 5}");
            });
            new FuzzRun(target, ["{\"a\":[1,2]}"u8.ToArray(), "xyz"u8.ToArray()], seed).Run(2_000);
            return inputs;
        }
    }

    [Fact]
    public void An_input_that_does_not_end_is_named()
    {
        using var named = new ManualResetEventSlim();
        var run = new FuzzRun(new Planted(input => input is [7] && !named.Wait(TimeSpan.FromSeconds(30))), [[1], [7]], seed: 1);
        using var watchdog = new Watchdog(run, TimeSpan.FromMilliseconds(50), input =>
        {
            if (input.Span is [7]) named.Set();                     // it may name another one, on a machine that stands still
        });

        run.Run(2);

        Assert.Empty(run.Failures);
    }

    [Fact]
    public void The_seeds_come_first_and_as_they_are()
    {
        var inputs = new List<byte[]>();
        var target = new Planted(_ => false, (input, _) => inputs.Add(input.ToArray()));

        new FuzzRun(target, [[1], [2, 3], []], seed: 1).Run(3);

        Assert.Equal([[1], [2, 3], []], inputs);
    }

    private delegate bool Condition(ReadOnlySpan<byte> input);

    private delegate void Judge(ReadOnlySpan<byte> input, Outcomes outcomes);

    /// <summary>Fails where it is told to.</summary>
    private sealed class Planted(Condition isBroken, Judge? judge = null) : IFuzzTarget
    {
        public string Name => "planted";

        public IReadOnlyList<byte[]> Tokens => ["tok"u8.ToArray(), "["u8.ToArray()];

        public void Run(ReadOnlySpan<byte> input, Outcomes outcomes)
        {
            judge?.Invoke(input, outcomes);
            if (isBroken(input)) throw new InvalidOperationException("A planted bug.");
        }

        public void Dispose()
        {
        }
    }
}
