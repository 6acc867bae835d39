"""Settings and parts of the service, in Chinese; English is their own."""

from __future__ import annotations

SETTINGS = {
    "host": "监听的地址",
    "port": "监听的端口；0 为任取一个空闲端口",
    "data": "服务全部数据所在的文件夹",
    "database": "PostgreSQL 数据库地址；不填则用 `data` 中的 SQLite",
    "master_key": "封存用户密钥的 32 字节主密钥，base64；不填则在 `data` 中生成",
    "signing_key": "为决策记录签名的 Ed25519 密钥，32 字节，base64；不填则在 `data` 中生成",
    "network": "未注明网络的内容由哪一份规则管理",
    "public_url": "用户访问本服务的地址，用于生成链接",
    "former_signing_keys": "`signing_key` 之前用过的签名公钥，base64，以逗号分隔",
    "policy_approvals": "除提出人外，规则版本还须几人批准",
    "alarm_hits": "规则命中多少次以上才会就命中率告警",
    "alarm_ratio": "命中率升至几倍才会告警",
    "alarm_chance": "纯属偶然的可能性低于此值才会告警",
    "content_days": "内容保留天数",
    "decision_days": "决定保留天数",
    "appeal_days": "可申诉的天数",
    "second_reading_rate": "已决案件中由第二位审核员盲审的比例",
    "body_limit": "单个请求的最大字节数",
    "rate_limit": "每个密钥平均每秒可发的请求数",
    "screen_apart": (
        "`portreeve serve` 在单独的进程里审核内容：响应更平稳，"
        "多用约 180 MiB 内存；内存紧张时请关闭"
    ),
    "gather_ms": "两批在线请求之间至少相隔的毫秒数；单独到来的请求无须等待",
    "webhook_private": "Webhook 可发往内网地址，可用 http",
    "log_level": "记录哪一级别以上的日志",
    "memory": "在内容之间记住近似文本、团伙和计数",
    "campaign_accounts": "团伙达到多少个账号时立案；含有应移送的层级结构的团伙一律立案",
    "picture_bytes": "图片文件的最大字节数",
    "picture_words": "识别图片中的文字，每张约用 0.2 秒处理器时间",
    "picture_queue": "最多有多少张图片等待识别文字；超出时放弃最不紧急的，并计数",
    "follow_links": "跟进已展示内容中的短链接，查明去向后重新决定该内容；会访问链接所指的服务器",
    "follow_per_domain": "每个进程每小时向同一注册域名最多发出的请求数",
    "memory_redis": "供多个服务进程共用记忆的 Redis 地址，如 redis://127.0.0.1:6379/0；"
    "不填则存为 `data` 中的文件",
    "traces": "OpenTelemetry 收集器地址，如 http://127.0.0.1:4318；"
    "不填则用 OTEL_EXPORTER_OTLP_ENDPOINT；两者都没有则不追踪",
    "commerce_rules": "替代自带经营规则的文件夹，其中可有 licences.yaml、ads.yaml、merchants.yaml、"
    "liability.yaml、promoters.yaml、group_buying.yaml、partners.yaml、links.yaml",
    "deadlines": "与默认不同的时限，如 `moments=300:allow`：位置、毫秒数，"
    "以及超时后放行（allow）、待人工（hold）还是拒绝（refuse）",
    "local_accounts": "可用保存在本服务的密码登录控制台",
    "require_totp": "用密码登录者须开启两步验证（TOTP）",
    "oidc_issuer": "用于登录的 OpenID Connect 提供方地址",
    "oidc_client_id": "提供方给本服务的名称",
    "oidc_client_secret": "提供方给本服务的密钥；没有则为公开客户端",
    "oidc_scopes": "向提供方申请的范围，以空格分隔",
    "oidc_name_claim": "首次登录者以哪一项声明为名",
    "oidc_roles_claim": "说明身份的声明；可用点号进入对象内部",
    "oidc_roles": "该声明的各个值对应的角色，如 `trust-safety=reviewer,admins=administrator`；"
    "具有其中之一即可登录",
    "trusted_proxies": "服务之前的反向代理个数，每个都会把来访地址加入 X-Forwarded-For",
    "drain_seconds": "停止时最多用几秒处理完手头的工作",
}
"""What each setting is for."""

PARTS = {
    "engine": "判断引擎",
    "database": "数据库",
    "screening": "在线判断",
    "webhooks": "Webhook 发送",
    "follow": "后果执行",
    "policies": "规则",
    "alarms": "告警",
    "retroactive": "追溯处理",
    "sanctions": "处罚到期",
    "decision-log": "决定日志",
    "memory": "记忆",
    "campaigns": "团伙立案",
    "picture-banks": "已知图片库",
    "screener": "审核进程",
    "pictures": "图片识别",
    "links": "短链接跟进",
    "deals": "团购",
    "retention": "到期删除",
}
"""The parts that say whether they work."""
