using System.Reflection;
using Signaling.Actors.Hosting;

namespace Signaling.Actors.Tests.Hosting;

/// <summary>Every setting has a default that is valid, and two edges behind which it is refused by its name.</summary>
public sealed class OptionsSpecs
{
    public static TheoryData<string, string, string, string> Bounds => new()
    {
        { "Connection.MaxMessageBytes", "1024", "16777216", "1000000" },
        { "Connection.MaxPeerIds", "1", "64", "8" },
        { "Connection.MaxPresenceBehind", "1000", "10000000", "100000" },
        { "Connection.PingInterval", "00:00:01", "01:00:00", "00:00:25" },
        { "Connection.PongTimeout", "00:00:01", "01:00:00", "00:00:20" },
        { "Connection.RegistrationTimeout", "00:00:01", "01:00:00", "00:01:00" },
        { "Connection.CloseTimeout", "00:00:00.1", "00:01:00", "00:00:05" },
        { "Limits.MaxConnections", "1", "10000000", "100000" },
        { "Limits.ConnectionsPerAddress", "1", "10000000", "1000" },
        { "Limits.HandshakesInProgress", "1", "10000000", "10000" },
        { "Limits.MessagesPerSecond", "1", "1000000000", "400" },
        { "Limits.MessageBurst", "1", "1000000000", "4000" },
        { "Limits.BytesPerSecond", "1024", "1000000000000", "1048576" },
        { "Limits.ByteBurst", "65536", "1000000000000", "16777216" },
        { "Limits.MessagesPerSecondPerAddress", "1", "1000000000", "8000" },
        { "Limits.MessageBurstPerAddress", "1", "1000000000", "80000" },
        { "Limits.BytesPerSecondPerAddress", "1024", "1000000000000", "20971520" },
        { "Limits.ByteBurstPerAddress", "65536", "1000000000000", "335544320" },
        { "Limits.RecipientsPerMinute", "1", "1000000", "2000" },
        { "Limits.QuestionsPerMinute", "1", "1000000000", "300" },
        { "Limits.QuestionBurst", "1", "1000000000", "200" },
        { "Mailbox.Capacity", "1", "10000", "100" },
        { "Mailbox.TimeToLive", "00:00:01", "30.00:00:00", "1.00:00:00" },
        { "Mailbox.MaxBytes", "65536", "1073741824", "16777216" },
        { "Mailbox.MaxTotalBytes", "1048576", "1099511627776", "4294967296" },
        { "Mailbox.MaxOpenedPerMinute", "1", "1000000", "300" },
        { "Mailbox.IdleTimeout", "00:00:01", "01:00:00", "00:01:00" },
        { "Mailbox.MaxPendingBytes", "1048576", "1073741824", "4194304" },
        { "Mailbox.TakeoverTimeout", "00:00:00", "00:00:10", "00:00:01" },
        { "Presence.OfflineGrace", "00:00:00", "00:01:00", "00:00:01" },
        { "Presence.BroadcastLimit", "0", "1000000", "1000" },
        { "Presence.MaxRelated", "1", "100000", "256" },
        { "Presence.MaxWatched", "1", "100000", "1000" },
        { "Turn.TimeToLive", "00:01:00", "1.00:00:00", "01:00:00" },
        { "Stats.LogInterval", "00:00:01", "1.00:00:00", "00:05:00" },
        { "Shutdown.GracePeriod", "00:00:01", "00:10:00", "00:00:15" },
        { "Shutdown.ReconnectWithin", "00:00:00", "00:10:00", "00:00:05" },
    };

    [Fact]
    public void Defaults_are_valid()
    {
        Assert.Empty(Failures(new SignalingOptions()));
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void A_setting_has_this_default_and_is_accepted_at_its_edges(string path, string least, string most, string @default)
    {
        var setting = new Setting(path);

        Assert.Equal(setting.Parse(@default), setting.Value);
        foreach (var edge in new[] { least, most })
        {
            setting.Value = setting.Parse(edge);
            Assert.Empty(Failures(setting.Options));
        }
    }

    [Theory]
    [MemberData(nameof(Bounds))]
    public void Just_outside_its_edges_it_is_refused_by_its_name(string path, string least, string most, string @default)
    {
        var setting = new Setting(path);
        Assert.NotEqual(least, @default);

        foreach (var outside in new[] { setting.Step(setting.Parse(least), -1), setting.Step(setting.Parse(most), 1) })
        {
            setting.Value = outside;
            Assert.Contains(path, Assert.Single(Failures(setting.Options)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_error_is_told_at_once()
    {
        var options = new SignalingOptions();
        (options.Mailbox.Capacity, options.Connection.MaxPeerIds, options.Presence.OfflineGrace) = (0, 0, TimeSpan.FromDays(1));

        var failures = Failures(options);

        Assert.Collection(failures.Order(StringComparer.Ordinal),
            failure => Assert.Contains("Mailbox.Capacity", failure),
            failure => Assert.Contains("Connection.MaxPeerIds", failure),
            failure => Assert.Contains("Presence.OfflineGrace", failure));
    }

    [Fact]
    public void Every_setting_has_bounds_that_are_tested_here()
    {
        var settings = from section in typeof(SignalingOptions).GetProperties()
                       from setting in section.PropertyType.GetProperties()
                       where setting.PropertyType.IsValueType && setting.PropertyType != typeof(bool) && !setting.PropertyType.IsEnum // those are checked when they are read, and lists by the node
                       select $"{section.Name}.{setting.Name}";

        Assert.Equal(settings.Order(StringComparer.Ordinal), Bounds.Select(row => (string)row[0]).Order(StringComparer.Ordinal));
    }

    private static string[] Failures(SignalingOptions options) => [.. new SignalingOptionsValidator().Validate(null, options).Failures ?? []];

    private sealed class Setting
    {
        private readonly object _section;
        private readonly PropertyInfo _property;

        public Setting(string path)
        {
            var names = path.Split('.');
            _section = typeof(SignalingOptions).GetProperty(names[0])!.GetValue(Options)!;
            _property = _section.GetType().GetProperty(names[1])!;
        }

        public SignalingOptions Options { get; } = new();

        public object Value
        {
            get => _property.GetValue(_section)!;
            set => _property.SetValue(_section, value);
        }

        public object Parse(string text) =>
            _property.PropertyType == typeof(TimeSpan) ? TimeSpan.Parse(text, null) : Convert.ChangeType(text, _property.PropertyType, null);

        /// <summary>The next value, in the smallest steps of its type.</summary>
        public object Step(object value, int direction) => value switch
        {
            int number => number + direction,
            long number => number + direction,
            _ => (TimeSpan)value + TimeSpan.FromTicks(direction),
        };
    }
}
