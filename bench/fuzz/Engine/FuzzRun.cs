namespace Signaling.Fuzz.Engine;

/// <summary>An input that broke a rule.</summary>
/// <param name="Input">Its bytes.</param>
/// <param name="Number">Which input of the run it was, from 0: what came before it may be a part of the matter.</param>
/// <param name="Reason">What happened.</param>
internal sealed record FuzzFailure(byte[] Input, long Number, Exception Reason);

/// <summary>Runs a target on its seeds, and then on what mutation makes of them. What leads to a new combination of outcomes becomes a seed, too.</summary>
/// <remarks>The same seed makes the same run. Coverage of code would guide better, but takes SharpFuzz, which rewrites the node's assemblies, and AFL beside it: this runs in any test, at the speed of what it tests.
/// What becomes of an input is known here in any case, since it is checked.</remarks>
internal sealed class FuzzRun
{
    /// <summary>Who has found so many has found enough.</summary>
    public const int MostFailures = 10;

    /// <summary>So that each has its turn now and then; beyond, a new one takes the place of one that was found before.</summary>
    private const int MostFound = 2_000;

    private readonly IFuzzTarget _target;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly List<byte[]> _seeds;
    private readonly int _given;
    private readonly List<FuzzFailure> _failures = [];

    /// <param name="target">What is to be fuzzed.</param>
    /// <param name="seeds">At least one.</param>
    /// <param name="seed">Of every choice.</param>
    public FuzzRun(IFuzzTarget target, IEnumerable<byte[]> seeds, int seed)
    {
        (_target, _random, _seeds) = (target, new Random(seed), [.. seeds]);
        _mutator = new Mutator(_random, target.Tokens);
        _given = _seeds.Count;
    }

    /// <summary>How many inputs were run.</summary>
    public long Inputs { get; private set; }

    /// <summary>The one that runs, or ran last. Its bytes are valid until the next one.</summary>
    public ReadOnlyMemory<byte> Current { get; private set; }

    public Outcomes Outcomes { get; } = new();

    public IReadOnlyList<FuzzFailure> Failures => _failures;

    /// <summary>How many inputs became seeds.</summary>
    public int Found { get; private set; }

    /// <summary>Runs so many inputs more, or fewer where too many fail.</summary>
    public void Run(long inputs)
    {
        for (var last = Inputs + inputs; Inputs < last && _failures.Count < MostFailures; Inputs++)
        {
            Current = Inputs < _given ? _seeds[(int)Inputs] : _mutator.Mutate(Any(), Any());
            try
            {
                _target.Run(Current.Span, Outcomes);
            }
            catch (Exception reason)
            {
                _failures.Add(new FuzzFailure(Current.ToArray(), Inputs, reason));
            }
            if (Outcomes.EndInput() && Inputs >= _given) Keep(Current.ToArray());
        }
    }

    private void Keep(byte[] input)
    {
        Found++;
        if (_seeds.Count < _given + MostFound) _seeds.Add(input);
        else _seeds[_random.Next(_given, _seeds.Count)] = input;
    }

    private byte[] Any() => _seeds[_random.Next(_seeds.Count)];
}
