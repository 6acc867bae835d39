# Checks messages with SpamAssassin and reports the CPU time of the checks alone.
# perl spamassassin.pl RULES POSTS WARMUP FOLDER -> {"version", "perl", "cpu_seconds", "hits"}
# POSTS holds whole messages, each ended by a NUL byte. FOLDER takes what SpamAssassin may write.
use strict;
use warnings;
use Mail::SpamAssassin;

my ($rules, $posts, $warmup, $folder) = @ARGV;

sub slurp {
    my ($path) = @_;
    open(my $file, '<:raw', $path) or die "$path: $!";
    local $/;
    return scalar <$file>;
}

my $filter = Mail::SpamAssassin->new({
    config_text        => slurp($rules),
    local_tests_only   => 1,
    dont_copy_prefs    => 1,
    require_rules      => 1,
    userstate_dir      => $folder,
    home_dir_for_helpers => $folder,
    username           => 'bench',
});
$filter->compile_now(0, 0);

sub check {
    my ($raw) = @_;
    my $mail   = $filter->parse($raw);
    my $status = $filter->check($mail);
    my $names  = $status->get_names_of_tests_hit();
    $status->finish();
    $mail->finish();
    return $names;
}

my @messages = split(/\0/, slurp($posts));
my $last = $#messages < $warmup - 1 ? $#messages : $warmup - 1;
check($_) for @messages[0 .. $last];

my ($user, $system) = times();
my @hits = map { check($_) } @messages;
my ($user_after, $system_after) = times();

printf(
    '{"version":"%s","perl":"%vd","cpu_seconds":%.3f,"hits":[%s]}' . "\n",
    Mail::SpamAssassin::Version(), $^V, $user_after - $user + $system_after - $system,
    join(',', map { "\"$_\"" } @hits)
);
