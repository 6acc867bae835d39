# ruff: noqa: E501
"""How sellers of the town talk: the first grammar, the one that may be looked at while tuning."""

from __future__ import annotations

GOODS = {
    "cosmetics": "蚕丝面膜|玻尿酸面膜|素颜霜|气垫粉底|睫毛精华|祛斑霜",
    "slimming": "酵素梅|燃脂咖啡|瘦身茶|代餐粉|排油丸",
    "supplement": "胶原蛋白粉|燕窝饮|阿胶膏|海参肽|护肝片",
    "clothes": "羊绒大衣|真丝连衣裙|童装套装|打底裤|羽绒马甲",
    "shoes": "原单运动鞋|复刻球鞋|手工皮鞋|小白鞋",
    "overseas": "韩国免税护肤套装|日本药妆|德国奶粉|法国香水|澳洲保健品",
    "food": "手工牛肉酱|自制辣条|农家土蜂蜜|流心月饼礼盒|阳澄湖大闸蟹",
    "part_time": "打字录入|点赞任务|刷单|居家手工活",
    "medicine": "祖传膏药|降糖胶囊|痛风一贴灵|止咳秘方丸",
}
"""What is sold, by kind of seller."""

WEIGHTS = {
    "cosmetics": 30, "slimming": 14, "supplement": 10, "clothes": 14, "shoes": 8, "overseas": 10,
    "food": 8, "part_time": 4, "medicine": 2,
}  # fmt: skip

DISGUISES = ("open", "open", "open", "split", "homophone", "digits", "no_contact")
"""How the contact is written; most do not hide it."""

RULES = {
    "hot": "卖爆了|又到一批|现货不多|刚拆箱|补货啦|今天全部发完|老客户都在囤|库存见底|新款上架",
    "call": "要的宝宝|想要的姐妹|有需要的亲|感兴趣的朋友|老顾客|手快的",
    "spark": "🔥|🔥🔥|💥|❗❗|🎁|💕|👏👏|",
    "shout": "先到先得|手慢无|今天不囤明天涨价|错过等一年|闭眼入|数量有限|假一赔十|支持验货",
    "praise": "用过的都说好|一周就看得见变化|孕妇也能放心|回头客占八成|全家都在吃|明星同款|零差评",
    "offer": "{price}元包邮|{price}一件，两件{price2}|活动价{price}，原价{price2}|只要{price}块|"
    "代理价私聊，零售{price}|￥{price}顺丰到家|今日特惠{price}元，送小样",
    "sell": "{goods}{hot}！{offer}，{call}{contact}{spark}|{spark}{hot}{spark}{goods}，{praise}，{offer}，{contact}|"
    "{call}看过来：{goods}，{offer}。{contact}，{shout}|【{goods}】{praise}！{offer}{spark}{contact}|"
    "每天都有人问{goods}还有没有，有！{offer}，{contact}|{goods}，{offer}，{shout}{spark}|"
    "又发走一车{goods}，感谢信任！{call}{contact}，{offer}|{goods}囤货季，{offer}，{shout}，{contact}",
    "show_off": "今天的{goods}订单打包到手软，感恩每一位{spark}|客户反馈：{goods}{praise}{spark}|"
    "凌晨还在回复{goods}的消息，努力的人运气不会差|晒单！{goods}收到的都说{praise}|"
    "从不会卖到月入过万，{goods}改变了我{spark}",
    "recruit": "诚招{goods}代理，零门槛，一件代发，{contact}{spark}|跟我一起做{goods}，日赚{price}，{contact}|"
    "宝妈、学生都能做！{goods}团队招人，手把手教，{contact}|{goods}招总代，拿货{price}起，{contact}，{shout}|"
    "不囤货不压钱，{goods}分销，每单返{price}，{contact}",
    "part_time": "招{goods}兼职，日结{price}，在家就能做，{contact}{spark}|{goods}缺人，一单{price}，手机操作，{contact}|"
    "闲着也是闲着，{goods}一天{price}，{contact}，{shout}",
    "cure": "{goods}，三天见效，{offer}，{contact}|多年老毛病，一贴{goods}就好，{contact}，{offer}|"
    "{goods}不开刀不打针，无效退款，{contact}",
    # an upline's words, passed on
    "uplift": "跟着{upline}做，稳|转自{upline}|上家刚发的|团队都在抢|我也在用|",
    # shops, anchors, campus, advertisers
    "shop": "本店{goods}上新，到店或公众号下单，{price}元起|{goods}会员日，满{price2}减{cut}，公众号菜单领券|"
    "感谢关注！本周{goods}{price}元，周日截止|{goods}怎么挑？看完这篇再买，文末有{price}元优惠",
    "anchor": "今晚{hour}点直播间见，{goods}{price}元，前一百名送{gift}|开播提醒：{hour}点，{goods}专场，{shout}|"
    "直播间{goods}破价{price}，家人们{hour}点准时来|{hour}点开播，和大家聊聊{goods}，还有抽奖",
    "gift": "小样|毛巾|雨伞|红包|帆布袋",
    "deal": "{campus}拼单：{goods}，满{count}人成团，每人{price}元，校内自提|"
    "{campus}宿舍楼下团{goods}，{price}元，差几个人，{count}人开团|"
    "{goods}校园团购，凭学生认证参加，{count}人{price}元，未成团退款",
    "hospital": "{place}医院体检中心：{care}，持证医师，套餐{price}元，请电话预约|"
    "{place}医院{care}门诊每周二、四开诊，挂号{price}元",
    "care": "入职体检|儿童口腔|中老年心脑血管筛查|眼底检查",
    "quack": "{goods}，祖传三代，包治{ill}，{price}元一疗程，{contact}|"
    "告别{ill}！{goods}不吃药不开刀，无效退款，{price}元",
    "ill": "糖尿病|痛风|牛皮癣|失眠|高血压",
    "shoe_ad": "{place}老街鞋店：{goods}{price}元起，七天无理由退换|{goods}清仓，{price}元，正规发票",
    "place": "城东|江北|西城|南湖|新区",
    # contacts
    "contact": "加微信 {handle}|微信：{handle}|VX：{handle}|私我或加微信{handle}|电话同微信 {phone}",
    "contact_split": "加 微 信 {spaced}|薇-信 {spaced}|W.X {spaced}",
    "contact_homophone": "加薇❤ {handle}|➕威信{handle}|嘉维 {handle}|卫星号 {handle}",
    "contact_digits": "联系我 {circled}|扣扣{circled}|号码：{circled}",
    "contact_no_contact": "私我|评论扣1|懂的来|老地方|滴滴我",
    "asks": "多少钱？|怎么买|还有货吗|想要|私你了|给我留一份|能便宜吗|真有效果？|好用吗",
    "answers": "私聊发你|有货，看私信|{price}，包邮|亲，已回|放心拍",
    # one-line pages
    "about_seller": "{goods}·一手货源|{goods}，{contact}|专注{goods}三年|做一个温暖的卖家|白天带娃晚上发货",
    "about": "||||慢慢来|认真生活|少说话多看书|有事电话|人间值得|随遇而安|一只很懒的人|晴耕雨读",
}
"""Rules that need the goods, the prices, the handle and the like of who speaks."""
