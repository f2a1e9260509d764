using System.Reflection;
using System.Reflection.Emit;

namespace Signaling.Actors.Tests.Testing;

/// <summary>Which types a type knows: by its shape, and by what its methods' code touches.</summary>
internal static class TypeKnowledge
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => code.Value);

    public static IReadOnlySet<Type> Of(Type type)
    {
        var known = new HashSet<Type>();
        Add(known, type.BaseType);
        foreach (var contract in type.GetInterfaces()) Add(known, contract);
        foreach (var attribute in type.GetCustomAttributesData()) Add(known, attribute.AttributeType);
        foreach (var field in type.GetFields(Declared)) Add(known, field.FieldType);
        foreach (var method in type.GetMethods(Declared).Cast<MethodBase>().Concat(type.GetConstructors(Declared)))
        {
            AddSignature(known, method);
            AddBody(known, method);
        }
        return known;
    }

    private static void AddSignature(HashSet<Type> known, MethodBase method)
    {
        if (method is MethodInfo { ReturnType: var result }) Add(known, result);
        foreach (var parameter in method.GetParameters()) Add(known, parameter.ParameterType);
        if (!method.IsGenericMethod) return;
        foreach (var argument in method.GetGenericArguments()) Add(known, argument);
    }

    private static void AddBody(HashSet<Type> known, MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } il) return;
        foreach (var local in body.LocalVariables) Add(known, local.LocalType);
        foreach (var clause in body.ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)) Add(known, clause.CatchType);
        for (var at = 0; at < il.Length;)
        {
            var code = OpCodesByValue[il[at] == 0xFE ? (short)(0xFE00 | il[at + 1]) : il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok)
                AddMember(known, Resolve(method, BitConverter.ToInt32(il, at)));
            at += OperandSize(code, il, at);
        }
    }

    private static MemberInfo? Resolve(MethodBase method, int token) => method.Module.ResolveMember(
        token,
        method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null,
        method.IsGenericMethod ? method.GetGenericArguments() : null);

    private static void AddMember(HashSet<Type> known, MemberInfo? member)
    {
        Add(known, member as Type ?? member?.DeclaringType);
        if (member is FieldInfo field) Add(known, field.FieldType);
        if (member is MethodBase called) AddSignature(known, called);
    }

    private static void Add(HashSet<Type> known, Type? type)
    {
        while (type is { HasElementType: true }) type = type.GetElementType();
        if (type is null or { IsGenericParameter: true } || !known.Add(type)) return;
        foreach (var argument in type.GetGenericArguments()) Add(known, argument);
    }

    private static int OperandSize(OpCode code, byte[] il, int at) => code.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
        _ => 4,
    };
}
