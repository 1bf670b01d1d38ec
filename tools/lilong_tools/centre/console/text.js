// Every word of the console in English and Chinese, and which of the two is shown.

const WORDS = {
  en: {
    skip: "Skip to the alarms", centre: "Management centre", connected: "Connected", rate: "Messages/s",
    messages: "Messages", refused: "Refused", broker: "Broker", operator: "Operator",
    operatorDefault: "Duty officer", plan: "Site plan", elevations: "Elevations",
    elevationsNote: "a row is a storey, a window is a flat", events: "Events", alarms: "Alarms",
    noAlarms: "No open alarms", history: "Cleared", showKinds: "Show or hide kinds of devices",
    states: "States of the devices", retryNow: "Retry now", find: "Find a device  ( / )",
    nothingFound: "No device of that name", switchLang: "切换到中文", toneOn: "Alarm tone is on",
    toneOff: "Alarm tone is off", zoomIn: "Zoom in", zoomOut: "Zoom out", fit: "Show everything", north: "N",
    planHelp: "Drawn plan of the estate. Arrow keys move, plus and minus zoom, 0 shows everything. Find a device by name with the search field.",
    sectionsHelp: "Elevations of the residential cores, a row for each storey. Arrow keys move, plus and minus zoom, 0 shows everything.",
    linkOpen: "Live", linkConnecting: "Connecting", linkLost: "No connection",
    lost: (s) => s > 0
      ? `No connection to the centre: what you see is old. Trying again in ${s} s.`
      : "No connection to the centre: what you see is old. Trying again.",
    loadFailed: (what) => `The centre did not deliver ${what}. Check that it is running; trying again.`,
    confirm: "Confirm and forward", forwarding: "being forwarded", forwarded: (receipt) => `forwarded, receipt ${receipt}`,
    forwardFails: (n, why) => `not forwarded after ${n} ${n === 1 ? "try" : "tries"}: ${why}`,
    acknowledge: "Acknowledge", acknowledging: "Sending", acknowledgedBy: (who) => `Acknowledged by ${who}`,
    raised: "Raised", acknowledged: "Acknowledged", restored: "Condition over", cleared: "Cleared",
    raisedToStored: "raised→stored", storedToShown: "stored→shown", sinceRaised: "since raised",
    unacknowledged: (n) => `${n} to acknowledge`, level: (n) => ["", "Red", "Orange", "Yellow", "Blue"][n] ?? `Level ${n}`,
    announce: (level, what, where) => `${level} alarm: ${what}. ${where}`, showOnPlan: "Show on the plan",
    core: (n) => `Core ${n}`, flat: (n) => `Flat ${n}`, storey: (n) => `${n}F`, basement: (n) => `B${n}`, groundFloor: "Ground floor",
    findings: "Conclusions of the centre", andMore: (n) => `and ${n} more`,
    feederOf: (name, n) => `Feeder ${name} · ${n} devices silent`,
    officerSent: (who) => `${who} is sent`, officerThere: (who) => `${who} is there`,
    close: "Close", state: "State", session: "Session", firmware: "Firmware", boot: "Boot",
    lastSeen: "Last seen", identity: "Id", values: "Values", commands: "Commands", record: "History",
    noValues: "No reading yet", noRecord: "Nothing recorded yet", ago: (d) => `${d} ago`,
    yes: "yes", no: "no", deviceFailed: (why) => `The centre did not deliver this device: ${why}`,
    commandSent: (n) => `Sent (number ${n}), waiting for the device`, commandFailed: (why) => `Not sent: ${why}`,
    commandDone: (ms) => `Done, after ${ms}`, commandAnswered: (code, ms) => `The device refused: ${code}, after ${ms}`,
    commandSilent: "No answer from the device yet", noReply: "no connection to the centre",
    badNumber: (low, high) => `A whole number from ${low} to ${high}`,
    commandUnanswered: (ms) => `The device did not answer within ${ms}`,
    revoke: "Revoke", revoked: "revoked", revokeThis: (who) => `Revoke credential ${who}`,
    revokeSure: (who) => `Revoke ${who} at every door?`,
    revokedAs: (who, stamp) => `${who} is revoked (stamp ${stamp}); every door is being told`,
    cardsWhole: (stamp) => `Card list complete, stamp ${stamp}`,
    cardsConfirmed: (at) => `confirmed ${at}`,
    cardsLack: (n, stamp) => `Card list at stamp ${stamp} lacks ${n} ${n === 1 ? "revocation" : "revocations"}`,
    cardsRefused: (why) => `the door refused: ${why}`,
    cardsAhead: (stamp) => `Card list at stamp ${stamp}, beyond the centre's: was its database changed?`,
    cardsUnknown: "The door has not told the stamp of its card list",
    what: { birth: "Birth", death: "Connection lost", offline: "Gone silent", event: "Event", "late event": "Late event",
            alarm: "Alarm", "alarm update": "Alarm, news", "alarm clear": "Alarm cleared",
            "alarm superseded": "Alarm ended by a later one", "alarm crowded out": "Alarm given up, too many are open",
            telemetry: "Reading",
            command: "Command", response: "Answer", error: "Error" },
    code: { 0: "no answer", 400: "malformed", 402: "not understood", 403: "not allowed", 404: "unknown to the device",
            408: "came too late", 409: "not in this state", 412: "from an earlier session", 415: "unknown kind",
            422: "out of range", 501: "other version" },
    stateName: { never: "Never seen", online: "Online", asleep: "Asleep", offline: "Offline", fault: "Fault",
                 alarm1: "Red alarm", alarm2: "Orange alarm", alarm3: "Yellow alarm", alarm4: "Blue alarm" },
  },
  zh: {
    skip: "跳到报警列表", centre: "管理中心", connected: "在线", rate: "消息/秒",
    messages: "消息总数", refused: "拒收", broker: "消息代理", operator: "值班员",
    operatorDefault: "值班员", plan: "总平面图", elevations: "立面图",
    elevationsNote: "一行为一层,一窗为一户", events: "事件", alarms: "报警",
    noAlarms: "当前无报警", history: "已解除", showKinds: "显示或隐藏设备类别",
    states: "设备状态", retryNow: "立即重试", find: "查找设备  ( / )",
    nothingFound: "没有此名称的设备", switchLang: "Switch to English", toneOn: "报警声已开",
    toneOff: "报警声已关", zoomIn: "放大", zoomOut: "缩小", fit: "显示全部", north: "北",
    planHelp: "小区总平面图。方向键移动,加减号缩放,0 显示全部。可用查找框按名称查找设备。",
    sectionsHelp: "各住宅单元立面图,一行为一层。方向键移动,加减号缩放,0 显示全部。",
    linkOpen: "实时", linkConnecting: "连接中", linkLost: "已断开",
    lost: (s) => s > 0 ? `与管理中心的连接已断开,画面为旧数据。${s} 秒后重试。` : "与管理中心的连接已断开,画面为旧数据。正在重试。",
    loadFailed: (what) => `管理中心未返回${what},请检查其是否运行;正在重试。`,
    confirm: "核实并转报", forwarding: "转报中", forwarded: (receipt) => `已转报,回执 ${receipt}`,
    forwardFails: (n, why) => `转报 ${n} 次未成功:${why}`,
    acknowledge: "确认", acknowledging: "发送中", acknowledgedBy: (who) => `${who} 已确认`,
    raised: "已触发", acknowledged: "已确认", restored: "已恢复", cleared: "已解除",
    raisedToStored: "触发→入库", storedToShown: "入库→显示", sinceRaised: "已持续",
    unacknowledged: (n) => `待确认 ${n}`, level: (n) => ["", "红色", "橙色", "黄色", "蓝色"][n] ?? `${n} 级`,
    announce: (level, what, where) => `${level}报警:${what}。${where}`, showOnPlan: "在图上显示",
    core: (n) => `${n} 单元`, flat: (n) => `${n} 室`, storey: (n) => `${n} 层`, basement: (n) => `地下 ${n} 层`, groundFloor: "底层",
    findings: "中心研判", andMore: (n) => `另有 ${n} 条`,
    feederOf: (name, n) => `馈线 ${name} · ${n} 台设备失联`,
    officerSent: (who) => `已派 ${who}`, officerThere: (who) => `${who} 已到场`,
    close: "关闭", state: "状态", session: "会话", firmware: "固件", boot: "启动次数",
    lastSeen: "最近通信", identity: "编号", values: "读数", commands: "命令", record: "历史",
    noValues: "尚无读数", noRecord: "尚无记录", ago: (d) => `${d}前`,
    yes: "是", no: "否", deviceFailed: (why) => `管理中心未返回此设备:${why}`,
    commandSent: (n) => `已发送(序号 ${n}),等待设备应答`, commandFailed: (why) => `未发送:${why}`,
    commandDone: (ms) => `已执行,用时 ${ms}`, commandAnswered: (code, ms) => `设备拒绝:${code},用时 ${ms}`,
    commandSilent: "设备尚未应答", noReply: "与管理中心无连接",
    badNumber: (low, high) => `请输入 ${low} 到 ${high} 的整数`,
    commandUnanswered: (ms) => `设备在 ${ms} 内未应答`,
    revoke: "注销", revoked: "已注销", revokeThis: (who) => `注销凭证 ${who}`,
    revokeSure: (who) => `在所有门禁注销 ${who}?`,
    revokedAs: (who, stamp) => `${who} 已注销(版本 ${stamp}),正在通知所有门禁`,
    cardsWhole: (stamp) => `名单完整,版本 ${stamp}`,
    cardsConfirmed: (at) => `${at} 已确认`,
    cardsLack: (n, stamp) => `名单版本 ${stamp},尚缺 ${n} 条注销`,
    cardsRefused: (why) => `门禁拒绝:${why}`,
    cardsAhead: (stamp) => `名单版本 ${stamp} 高于管理中心:其数据库是否更换过?`,
    cardsUnknown: "门禁尚未报告名单版本",
    what: { birth: "上线", death: "断线", offline: "失联", event: "事件", "late event": "迟到事件",
            alarm: "报警", "alarm update": "报警更新", "alarm clear": "报警解除",
            "alarm superseded": "报警被后续报警取代", "alarm crowded out": "未解除报警过多，已放弃", telemetry: "读数",
            command: "命令", response: "应答", error: "错误" },
    code: { 0: "无应答", 400: "格式错误", 402: "无法理解", 403: "不允许", 404: "设备不支持", 408: "已过期",
            409: "当前状态不允许", 412: "属于旧会话", 415: "未知类型", 422: "超出范围", 501: "版本不符" },
    stateName: { never: "未上线", online: "在线", asleep: "休眠", offline: "离线", fault: "故障",
                 alarm1: "红色报警", alarm2: "橙色报警", alarm3: "黄色报警", alarm4: "蓝色报警" },
  },
};

const listeners = [];
let lang = initial();

function initial() {
  const asked = new URLSearchParams(location.search).get("lang");
  const known = asked ?? remembered("lang") ?? navigator.language ?? "en";
  return known.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** What the browser kept under `key`; null where storage is off. */
export function remembered(key) {
  try { return localStorage.getItem(`lilong.${key}`); } catch { return null; }
}

export function remember(key, value) {
  try { localStorage.setItem(`lilong.${key}`, value); } catch { /* private mode: forgotten at the next visit */ }
}

export const language = () => lang;

/** The word for `key`, or the sentence it makes of `values`. */
export function t(key, ...values) {
  const word = WORDS[lang][key];
  return typeof word === "function" ? word(...values) : word ?? key;
}

/** The entry `name` of the group `key` (stateName, what, code), or the name itself. */
export const tIn = (key, name) => WORDS[lang][key][name] ?? name;

/** A label {en, zh} of the estate or the registry in the language shown; English begins with a capital. */
export function pick(label, otherwise = "") {
  const text = (typeof label === "string" ? label : label?.[lang] ?? label?.en) ?? otherwise;
  return lang === "en" ? text.charAt(0).toUpperCase() + text.slice(1) : text;
}

export function onLanguage(listener) {
  listeners.push(listener);
  listener();
}

export function switchLanguage() {
  lang = lang === "zh" ? "en" : "zh";
  remember("lang", lang);
  for (const listener of listeners) listener();
}

/** Fills every element of the page that names its word in data-t or data-t-label. */
export function translatePage() {
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-t-label]")) {
    element.setAttribute("aria-label", t(element.dataset.tLabel));
  }
}
