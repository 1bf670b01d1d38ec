-- Lilong frames inside MQTT PUBLISH, for Wireshark 3.6 and later. Put it into the folder that
-- Help > About Wireshark > Folders calls "Personal Lua Plugins". Nothing is verified here: that takes keys.

local NAMES = {}
-- TABLES
local LEVEL = {[4] = "red", [3] = "orange", [2] = "yellow", [1] = "blue"}
local DIRECTION = {[4] = "up", [5] = "down"}

local lilong = Proto("lilong", "Lilong frame")
local f = lilong.fields
f.device = ProtoField.string("lilong.device", "Device")
f.direction = ProtoField.string("lilong.direction", "Direction")
f.class = ProtoField.string("lilong.class", "Topic class")
f.message = ProtoField.string("lilong.message", "Message")
f.version = ProtoField.uint32("lilong.version", "Version")
f.kind = ProtoField.uint32("lilong.kind", "Kind of message")
f.boot = ProtoField.uint32("lilong.boot", "Boot")
f.seq = ProtoField.uint32("lilong.seq", "Sequence number")
f.uptime = ProtoField.double("lilong.uptime", "Uptime (ms)")
f.epoch = ProtoField.double("lilong.epoch", "Epoch (ms)")
f.quality = ProtoField.uint32("lilong.quality", "Clock quality")
f.counter = ProtoField.uint32("lilong.counter", "Counter")
f.ref = ProtoField.string("lilong.ref", "Ref [boot, seq]")
f.target = ProtoField.uint32("lilong.target", "Target boot")
f.nonce = ProtoField.string("lilong.nonce", "Session nonce")
f.deadline = ProtoField.double("lilong.deadline", "Deadline (ms of uptime)")
f.code = ProtoField.string("lilong.code", "Code")
f.level = ProtoField.string("lilong.level", "Level")
f.body = ProtoField.string("lilong.body", "Body")
f.tag = ProtoField.bytes("lilong.tag", "Tag, not verified")
local malformed = ProtoExpert.new("lilong.malformed", "Not a sealed frame", expert.group.MALFORMED, expert.severity.WARN)
lilong.experts = {malformed}

local topic_field, message_field = Field.new("mqtt.topic"), Field.new("mqtt.msg")
local will_topic_field, will_field = Field.new("mqtt.willtopic"), Field.new("mqtt.willmsg")

-- CBOR, the subset of a payload. A value is a number, string, boolean, nil, {bytes = hex}, {list} or {map}.

local NULL = {}

local function head(bytes, at)
    local first = bytes:get_index(at)
    local major, low = math.floor(first / 32), first % 32
    if low < 24 then return major, low, at + 1 end
    local size = ({[24] = 1, [25] = 2, [26] = 4, [27] = 8})[low]
    if size == nil then error("head " .. first) end
    local n = 0
    for i = 1, size do n = n * 256 + bytes:get_index(at + i) end
    return major, n, at + 1 + size
end

local function value(bytes, at, depth)
    if depth > 5 then error("too deep") end
    local major, n, next_at = head(bytes, at)
    if major == 0 then return n, next_at end
    if major == 1 then return -1 - n, next_at end
    if major == 2 then return {bytes = bytes:subset(next_at, n):tohex(true)}, next_at + n end
    if major == 3 then return bytes:subset(next_at, n):raw(), next_at + n end
    if major == 4 then
        local list = {}
        for i = 1, n do list[i], next_at = value(bytes, next_at, depth + 1) end
        return {list = list}, next_at
    end
    if major == 5 then
        local keys, map = {}, {}
        for i = 1, n do
            local key
            key, next_at = value(bytes, next_at, depth + 1)
            keys[i] = key
            map[key], next_at = value(bytes, next_at, depth + 1)
        end
        return {keys = keys, map = map}, next_at
    end
    if n == 20 then return false, next_at end
    if n == 21 then return true, next_at end
    if n == 22 then return NULL, next_at end
    error("major type " .. major)
end

-- Words.

local function number(n)
    return n == math.floor(n) and string.format("%.0f", n) or tostring(n)
end

local function words(v)
    if v == NULL or v == nil then return "null" end
    if type(v) == "number" then return number(v) end
    if type(v) ~= "table" then return tostring(v) end
    if v.bytes then return v.bytes end
    local parts = {}
    if v.list then
        for i, one in ipairs(v.list) do parts[i] = words(one) end
        return "[" .. table.concat(parts, ", ") .. "]"
    end
    for i, key in ipairs(v.keys) do parts[i] = words(key) .. " " .. words(v.map[key]) end
    return "{" .. table.concat(parts, ", ") .. "}"
end

local function name(table_name, n)
    local names = NAMES[table_name]
    return names and names[n] or words(n)
end

local function measured(quantity, v)
    local unit = UNIT[quantity]
    if unit == nil or type(v) ~= "number" then return words(v) end
    local text = unit[1] == 0 and number(v) or string.format("%." .. -unit[1] .. "f", v * 10 ^ unit[1])
    return unit[2] == "/" and text or text .. " " .. unit[2]
end

local function field_words(field, v)
    local names = field[2]
    if names == "" then return field[3][v] or words(v) end
    if type(v) == "number" then return name(names, v) end
    if type(v) == "table" and v.map then
        local parts = {}
        for i, key in ipairs(v.keys) do
            local one = names == "quantities" and measured(key, v.map[key]) or words(v.map[key])
            parts[i] = name(names, key) .. " " .. one
        end
        return table.concat(parts, ", ")
    end
    if type(v) == "table" and v.list then
        local parts = {}
        for i, one in ipairs(v.list) do parts[i] = name(names, one) end
        return table.concat(parts, ", ")
    end
    return words(v)
end

local function body_tree(tree, range, kind, body)
    local said = {}
    for _, key in ipairs(body.keys) do
        local field = BODY[kind] and BODY[kind][key] or {words(key), "", {}}
        local text = field_words(field, body.map[key])
        tree:add(f.body, range, field[1] .. ": " .. text)
        if field[1] == "code" or field[1] == "command" then
            tree:add(f.code, range, text)
            said[#said + 1] = text
        end
    end
    if kind == 6 and LEVEL[body.map[1]] then
        tree:add(f.level, range, LEVEL[body.map[1]])
        said[#said + 1] = LEVEL[body.map[1]]
    end
    return table.concat(said, " ")
end

local NUMBERS = {boot = 1, seq = 1, uptime = 1, epoch = 1, quality = 1, counter = 1, target = 1, deadline = 1}

local function payload_tree(tree, range)
    local bytes = range:bytes()
    local payload = value(bytes, 0, 0)
    local map = payload.map
    local kind = map[1]
    local message = MESSAGE[kind] or ("kind " .. words(kind))
    tree:add(f.message, range, message)
    tree:add(f.kind, range, kind)
    for _, key in ipairs(payload.keys) do
        local header, v = HEADER[key], map[key]
        if NUMBERS[header] and type(v) == "number" then
            tree:add(f[header], range, v)
        elseif header == "ref" or header == "nonce" then
            tree:add(f[header], range, words(v))
        end
    end
    local said = map[7] and map[7].map and body_tree(tree, range, kind, map[7]) or ""
    return message .. (said ~= "" and " " .. said or "")
end

local function frame_tree(tree, range, topic)
    local bytes = range:bytes()
    local subtree = tree:add(lilong, range)
    local class = topic:match("/[ud]/(%w+)$")
    local whole, said = pcall(function()
        if bytes:get_index(0) ~= 0x84 or bytes:get_index(1) ~= 0x43 then error("head") end
        local direction = DIRECTION[bytes:get_index(4)]
        local _, size, at = head(bytes, 16)
        subtree:add(f.device, range(8, 8), range(8, 8):bytes():tohex(true))
        subtree:add(f.direction, range(4, 1), direction)
        if class then subtree:add(f.class, range, class) end
        local text = payload_tree(subtree, range(at, size))
        subtree:add(f.tag, range(at + size, range:len() - at - size))
        return text
    end)
    if not whole then
        subtree:add_proto_expert_info(malformed)
        return "not a sealed frame"
    end
    subtree:append_text(": " .. said)
    return said
end

local function pairs_of(topics, messages)
    local found = {}
    for _, message in ipairs(messages) do
        local nearest
        for _, topic in ipairs(topics) do
            if topic.offset < message.offset and (nearest == nil or topic.offset > nearest.offset) then nearest = topic end
        end
        if nearest and tostring(nearest.value):find("^lilong/1/") and message.len > 0 then
            found[#found + 1] = {tostring(nearest.value), message}
        end
    end
    return found
end

function lilong.dissector(_, pinfo, tree)
    local said = {}
    local found = pairs_of({topic_field()}, {message_field()})
    for _, one in ipairs(pairs_of({will_topic_field()}, {will_field()})) do found[#found + 1] = one end
    for i, one in ipairs(found) do said[i] = frame_tree(tree, one[2].range, one[1]) end
    if #said > 0 then
        pinfo.cols.protocol = "Lilong"
        pinfo.cols.info = table.concat(said, " | ")
    end
end

register_postdissector(lilong)
